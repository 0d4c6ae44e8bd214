"""What operators do from the command line: set up, check, import, add people, back up, serve.

Each function is one command, prints its result and returns the exit status. Failures are raised as errors whose text says who
must do what; `__main__` prints them.
"""

import asyncio
import getpass
import secrets
import shutil
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Final, TypeVar

from memory import agents, journal
from memory.copies import check_unused, check_whole
from memory.engines import connect, sqlite_path
from memory.engines.base import Database, Tx
from memory.engines.sqlite import SqliteDatabase
from memory.errors import StorageError
from memory.migrations import migrate, pending
from server import imports
from server.clock import SystemClock
from server.commerce.csv_rows import rules_of
from server.commerce.embedded import EmbeddedStore
from server.errors import OperatorError, PolicyError, SettingsError
from server.lines import dumped
from server.passwords import hashed, normal_email
from server.policies.describe import describe
from server.policies.file import default_text
from server.policies.file import load as load_policy
from server.settings import Settings, declared, load

T = TypeVar("T")
_CONFIG: Final = "onethread.toml"
_OURS: Final = ("server", "channels", "memory", "widget")
_FREE_BYTES: Final = 500 * 1024 * 1024


def say(text: str) -> None:
    """One line for the operator."""
    sys.stdout.write(text + "\n")


def settings_of(config: str | None) -> Settings:
    """Settings from the named file, or from onethread.toml here if there is one. Raises SettingsError."""
    path = Path(config) if config else Path(_CONFIG) if Path(_CONFIG).exists() else None
    return load(path)


async def open_database(settings: Settings) -> Database:
    """The configured database with its schema up to date."""
    settings.data.mkdir(parents=True, exist_ok=True)
    database = await connect(settings.database_url, readers=settings.database.readers)
    await migrate(database, datetime.now(UTC))
    return database


def with_database(config: str | None, act: Callable[[Database, Settings], Awaitable[T]]) -> T:
    """Do something with the configured database, once."""

    async def run() -> T:
        settings = settings_of(config)
        database = await open_database(settings)
        try:
            return await act(database, settings)
        finally:
            await database.close()

    return asyncio.run(run())


def serve(config: str | None, host: str | None, port: int | None, workers: int) -> int:
    """Run the server until it is told to stop."""
    from server import logs
    from server.api import api_routes
    from server.app import build
    from server.app import serve as run
    from server.console.routes import console_routes

    if workers > 1:
        raise OperatorError("serve --workers N is not built yet: run one process")
    settings = settings_of(config)
    chosen = replace(settings.server, host=host or settings.server.host, port=port or settings.server.port)
    settings = replace(settings, server=chosen)
    logs.configure(settings.server.log_level)
    say(
        f"Onethread serves {settings.shop.name} at {settings.public_url}; the agents' console is {settings.public_url}/console"
    )
    sys.stdout.flush()
    run(settings, app=build(settings, routes=[*console_routes(), *api_routes()]))
    return 0


def init(folder: Path, email: str | None, name: str | None, *, from_stdin: bool) -> int:
    """Write settings and policy (never over existing ones) and make the first admin."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in ((_CONFIG, config_text()), ("policy.yaml", default_text())):
        target = folder / file
        if target.exists():
            say(f"{target} is there already: left as it is")
        else:
            target.write_text(text, encoding="utf-8")
            say(f"wrote {target}")
    email = email or _asked("E-mail of the first admin: ")
    if not email:
        say(f"no admin was made: onethread agent add EMAIL --name N --role admin --config {folder / _CONFIG}")
        return 0
    return agent_add(
        str(folder / _CONFIG), email, name or email.split("@")[0].title(), "admin", (), from_stdin=from_stdin
    )


def _asked(question: str) -> str:
    return input(question).strip() if sys.stdin.isatty() else ""


def config_text() -> str:
    """The commented onethread.toml that `init` writes: every setting, at its default, switched off."""
    lines = ["# Onethread's settings. A line that begins with # shows a default; take the # away to change it.", ""]
    section = ""
    for name, key, default, text in declared():
        if name != section:
            lines += ["", f"[{name}]"]
            section = name
        shown = policy_line(name, key) or f"# {key} = {_toml(default)}"
        lines += [f"# {text}", shown]
    return "\n".join(lines) + "\n"


def policy_line(section: str, key: str) -> str:
    """The one setting that `init` switches on: the policy file beside it."""
    return 'file = "policy.yaml"' if (section, key) == ("policy", "file") else ""


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    if isinstance(value, str):
        return f'"{value}"'
    return str(value).lower() if isinstance(value, bool) else str(value)


def migrate_now(config: str | None) -> int:
    """Bring the schema up to date."""

    async def run() -> list[str]:
        settings = settings_of(config)
        settings.data.mkdir(parents=True, exist_ok=True)
        database = await connect(settings.database_url)
        try:
            return await migrate(database, datetime.now(UTC))
        finally:
            await database.close()

    ran = asyncio.run(run())
    say("\n".join(f"ran {name}" for name in ran) or "the schema is up to date")
    return 0


def agent_add(
    config: str | None, email: str, name: str, role: str, skills: tuple[str, ...], *, from_stdin: bool
) -> int:
    """Add somebody to the desk; the password is asked for, read from stdin, or made."""
    address = normal_email(email)
    password, made = _password(from_stdin=from_stdin)

    async def act(database: Database, _settings: Settings) -> None:
        secret = await asyncio.to_thread(hashed, password)
        await database.write(lambda tx: agents.add(tx, address, name, role, skills, secret, datetime.now(UTC)))

    with_database(config, act)
    say(f"{name} <{address}> may sign in as {role}" + (f" with the password {password}" if made else ""))
    return 0


def _password(*, from_stdin: bool) -> tuple[str, bool]:
    if from_stdin:
        return _checked_password(sys.stdin.readline().rstrip("\r\n")), False
    if sys.stdin.isatty():
        return _checked_password(getpass.getpass("Password (12 characters or more): ")), False
    return secrets.token_urlsafe(12), True


def _checked_password(password: str) -> str:
    if len(password) < 8:
        raise ValueError("a password needs 8 characters or more")
    return password


def agent_list(config: str | None, *, is_json: bool) -> int:
    """Everybody at the desk."""

    async def act(database: Database, _settings: Settings) -> Sequence[agents.Agent]:
        return await database.read(agents.all_agents)

    people = with_database(config, act)
    if is_json:
        say(
            dumped(
                [
                    {"email": each.email, "name": each.name, "role": each.role, "disabled": each.disabled}
                    for each in people
                ]
            )
        )
        return 0
    for each in people:
        say(f"{each.name:24} {each.email:32} {each.role}{' (disabled)' if each.disabled else ''}")
    if not people:
        say("nobody yet: onethread agent add EMAIL --name N --role admin")
    return 0


def _one_agent(config: str | None, email: str, change: Callable[[Tx, agents.Agent], Awaitable[T]]) -> T:
    address = normal_email(email)

    async def unit(tx: Tx) -> T:
        agent = await agents.by_email(tx, address)
        if agent is None:
            raise OperatorError(f"nobody has the address {address}")
        return await change(tx, agent)

    async def act(database: Database, _settings: Settings) -> T:
        return await database.write(unit)

    return with_database(config, act)


def agent_disable(config: str | None, email: str) -> int:
    """End somebody's access: sessions and tokens at once."""
    _one_agent(config, email, lambda tx, agent: agents.disable(tx, agent.id))
    say(f"{normal_email(email)} can no longer sign in")
    return 0


def agent_token(config: str | None, email: str) -> int:
    """Print a new bearer token, once; only its hash is kept."""
    secret = f"ot_{secrets.token_urlsafe(32)}"
    _one_agent(config, email, lambda tx, agent: agents.add_token(tx, secret, agent.id, datetime.now(UTC)))
    say(secret)
    return 0


def import_file(config: str | None, kind: str, path: Path, *, is_json: bool) -> int:
    """Import a file; bad lines go to stderr with number and reason. Exit status 1 when nothing landed of a bad file."""

    async def act(database: Database, settings: Settings) -> imports.ImportReport:
        store = EmbeddedStore(database, SystemClock(settings.offset), settings.shop.tz, settings.shop.region)
        run = {
            "orders": imports.import_orders,
            "products": imports.import_products,
            "customers": imports.import_customers,
            "subscriptions": imports.import_subscriptions,
            "promotions": imports.import_promotions,
        }[kind]
        progress = _progress if sys.stderr.isatty() and not is_json else None
        if kind == "orders" and path.suffix.lower() == ".csv":
            rules = rules_of(settings.imports.status_map, settings.imports.source_tz)
            return await imports.import_csv_orders(store, path, rules, progress)
        return await run(store, imports.file_lines(path), progress)

    if not path.is_file():
        raise OperatorError(f"{path} is not there")
    report = with_database(config, act)
    if is_json:
        failed = [{"line": line, "reason": reason} for line, reason in report.failed]
        warned = [{"line": each.line, "text": each.text, "times": each.times} for each in report.warnings]
        say(dumped({"landed": report.landed, "failed": failed, "warnings": warned}))
    else:
        _print_report(kind, report)
    return 1 if report.failed and not report.landed else 0


def _progress(report: imports.ImportReport) -> None:
    sys.stderr.write(f"\r{report.landed:,} landed, {len(report.failed):,} refused")
    sys.stderr.flush()


def _print_report(kind: str, report: imports.ImportReport) -> None:
    for line, reason in report.failed:
        sys.stderr.write(f"line {line}: {reason}\n")
    for each in report.warnings:
        sys.stderr.write(f"line {each.line}: {each.text}" + (f" ({each.times} times)\n" if each.times > 1 else "\n"))
    say(f"{report.landed:,} {kind} landed, {len(report.failed):,} refused")


def doctor(config: str | None, *, is_json: bool, shows_voice: bool = False) -> int:
    """Check everything; each finding comes with its mend. 1 when something must be mended.

    `shows_voice` = print every phrase as it would be said instead."""
    if shows_voice:
        from server import operate_voice  # it loads all that answers

        for line in operate_voice.phrases(settings_of(config), is_json=is_json):
            say(line)
        return 0
    findings = asyncio.run(_examined(config))
    if is_json:
        say(dumped({"findings": [{"level": level, "text": text} for level, text in findings]}))
    else:
        for level, text in findings:
            say(f"{level:8} {text}")
    return 1 if any(level == "mend" for level, _ in findings) else 0


async def _examined(config: str | None) -> list[tuple[str, str]]:
    try:
        settings = settings_of(config)
    except SettingsError as error:
        return [("mend", str(error))]
    findings = [("ok", "settings read")]
    from server import operate_understand, operate_voice  # they load all that answers

    findings += _policy_findings(settings)
    findings += operate_voice.findings(settings)
    findings += operate_understand.findings(settings)
    findings += await _database_findings(settings)
    findings += _machine_findings(settings)
    return findings


def _policy_findings(settings: Settings) -> list[tuple[str, str]]:
    try:
        policy = load_policy(settings.policy.file or None)
    except PolicyError as error:
        return [("mend", f"policy: {problem}") for problem in error.problems]
    return [("ok", f"policy {policy.version}"), *(("policy", line) for line in describe(policy))]


async def _database_findings(settings: Settings) -> list[tuple[str, str]]:
    from server import examine

    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        database = await connect(settings.database_url, readers=1)
    except (StorageError, ValueError, OSError) as error:
        return [("mend", f"database: {error}")]
    try:
        waiting = await pending(database)
        people = [] if waiting else await database.read(agents.all_agents)
        parties = [] if waiting else await examine.findings(settings, database, SystemClock(settings.offset))
    except StorageError as error:
        return [("mend", f"database: {error}")]
    finally:
        await database.close()
    if waiting:
        return [("mend", f"{len(waiting)} migrations have not run: onethread migrate")]
    admins = [each for each in people if each.role == "admin" and not each.disabled]
    missing = [] if admins else [("mend", "nobody is admin: onethread agent add EMAIL --name N --role admin")]
    return [("ok", f"{database.engine} database with its schema up to date"), *missing, *parties]


def _machine_findings(settings: Settings) -> list[tuple[str, str]]:
    findings = []
    free = shutil.disk_usage(settings.data if settings.data.exists() else Path()).free
    if free < _FREE_BYTES:
        findings.append(("mend", f"{free // 1_000_000} MB are free on the disk of {settings.data}: make room"))
    owners = packages_distributions()
    for package in _OURS:
        if set(owners.get(package, ["onethread"])) - {"onethread"}:
            findings.append(
                ("mend", f"the package {package} is also in {owners[package]}: use a virtual environment of our own")
            )
    if settings.offset:
        findings.append(("warn", "server.clock_offset shifts the clock: for rehearsals only"))
    if not settings.server.public_url:
        findings.append(("warn", "server.public_url is not set: browsers on other machines cannot reach the widget"))
    elif not settings.is_secure:
        findings.append(("warn", "server.public_url is http: fine on loopback, otherwise put https in front"))
    for name in ("sockets_per_ip", "sessions_per_ip", "lookups_per_ip"):
        if not getattr(settings.limits, name):
            findings.append(("warn", f"limits.{name} is off"))
    return findings or [("ok", "machine and limits")]


def journal_replay(config: str | None, since: datetime | None) -> int:
    """Make stored calls due again; the running server works them in, and what they change is changed once."""

    async def act(database: Database, settings: Settings) -> int:
        now = SystemClock(settings.offset).now()
        return await database.write(lambda tx: journal.replay(tx, since or datetime.fromtimestamp(0, UTC), now))

    count = with_database(config, act)
    say(f"{count:,} calls are due again; a running server works them in")
    return 0


def backup(config: str | None, target: Path) -> int:
    """Copy the live database into a file; the server may be running."""

    async def act(database: Database, _settings: Settings) -> None:
        if not isinstance(database, SqliteDatabase):
            raise OperatorError("this is a PostgreSQL database: use pg_dump")
        await database.backup(target)

    if target.exists():
        raise OperatorError(f"{target} is there already: name a new file")
    with_database(config, act)
    target.chmod(0o600)
    say(f"wrote {target}")
    return 0


def restore(config: str | None, source: Path) -> int:
    """Put a backup in the database's place; what was there is kept beside it."""
    settings = settings_of(config)
    if not settings.database_url.startswith("sqlite:"):
        raise OperatorError("this is a PostgreSQL database: use pg_restore")
    if not source.is_file():
        raise OperatorError(f"{source} is not there")
    check_whole(source)
    target = sqlite_path(settings.database_url)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        check_unused(target)
        kept = target.with_name(f"{target.name}.before-restore-{datetime.now(UTC):%Y%m%d%H%M%S}")
        target.rename(kept)
        say(f"kept what was there as {kept}")
    for leftover in (Path(f"{target}-wal"), Path(f"{target}-shm")):
        leftover.unlink(missing_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o600)
    say(f"restored {target}")
    return 0
