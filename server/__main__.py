"""The `onethread` command.

Every command answers --help, exits 0 on success, 2 on bad arguments and 1 on failure with one clear line on stderr; with
--json nothing but JSON goes to stdout. Rooms are imported when their command runs, so that --help is quick.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias

from memory.errors import StorageError
from server.errors import OnethreadError
from server.upkeep import look_seldom

Run: TypeAlias = Callable[[argparse.Namespace], int]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    look_seldom()
    parser = _parser()
    arguments = parser.parse_args(argv)
    run: Run | None = getattr(arguments, "run", None)
    if run is None:
        parser.print_help()
        return 2
    try:
        return run(arguments)
    except (OnethreadError, StorageError, ValueError, OSError) as error:
        sys.stderr.write(f"onethread: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="onethread", description="One customer, one thread, every channel.")
    parser.add_argument("--version", action="version", version=f"onethread {version('onethread')}")
    commands = parser.add_subparsers(metavar="COMMAND")
    for add in (
        _add_demo,
        _add_serve,
        _add_setup,
        _add_agent,
        _add_imports,
        _add_knowledge,
        _add_email,
        _add_journal,
        _add_simulate,
        _add_talk,
    ):
        add(commands)
    return parser


def _command(commands: Commands, name: str, run: Run, text: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser


def _add_demo(commands: Commands) -> None:
    parser = _command(
        commands, "demo", _demo, "everything, seeded, no account needed: shop, console and carrier simulator"
    )
    parser.add_argument("--port", type=int, default=8000, help="port on 127.0.0.1 (default 8000)")
    parser.add_argument("--data", metavar="DIR", help="keep the demo's data here (default: a throw-away folder)")
    parser.add_argument("--open", action="store_true", help="open the shop in a browser")


def _add_serve(commands: Commands) -> None:
    parser = _command(commands, "serve", _serve, "the real server")
    _config(parser)
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--port", type=int, help="port to listen on")
    parser.add_argument(
        "--workers", type=int, default=1, help="processes; more than one needs PostgreSQL and is not built yet"
    )


def _add_setup(commands: Commands) -> None:
    parser = _command(
        commands, "init", _init, "write a commented onethread.toml and policy.yaml and make the first admin"
    )
    parser.add_argument("dir", nargs="?", default=".", metavar="DIR")
    parser.add_argument("--email", help="the first admin's e-mail (asked for when absent)")
    parser.add_argument("--name", help="the first admin's name")
    parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    _config(_command(commands, "migrate", _migrate, "bring the database's schema up to date"))
    parser = _command(commands, "doctor", _doctor, "check everything and say the mend for each finding")
    parser.add_argument(
        "--voice", action="store_true", help="print every phrase as it would be said, with sample facts"
    )
    _config(parser)
    _json(parser)
    for name, run, text in (
        ("backup", _backup, "copy the live database into FILE"),
        ("restore", _restore, "put FILE back as the database"),
    ):
        parser = _command(commands, name, run, text)
        parser.add_argument("file", metavar="FILE")
        _config(parser)


def _add_agent(commands: Commands) -> None:
    group = commands.add_parser("agent", help="people who work at the desk").add_subparsers(
        metavar="COMMAND", required=True
    )
    add = _command(group, "add", _agent_add, "add somebody, or change their name, role and password")
    add.add_argument("email", metavar="EMAIL")
    add.add_argument("--name", required=True)
    add.add_argument("--role", required=True, choices=("viewer", "agent", "supervisor", "admin"))
    add.add_argument("--skills", default="", help="a,b")
    add.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    _config(add)
    shown = _command(group, "list", _agent_list, "everybody, with role")
    _config(shown)
    _json(shown)
    for name, run, text in (
        ("disable", _agent_disable, "end somebody's access at once"),
        ("token", _agent_token, "print a new bearer token"),
    ):
        parser = _command(group, name, run, text)
        parser.add_argument("email", metavar="EMAIL")
        _config(parser)


def _add_imports(commands: Commands) -> None:
    for kind in ("orders", "products", "customers", "subscriptions", "promotions"):
        formats = "JSON Lines or CSV" if kind == "orders" else "JSON Lines"
        group = commands.add_parser(kind, help=f"{kind} of the embedded store").add_subparsers(
            metavar="COMMAND", required=True
        )
        parser = _command(
            group, "import", _import, f"read {kind} from a file of {formats}; bad lines are named, good lines land"
        )
        parser.add_argument("file", metavar="FILE.csv|FILE.jsonl" if kind == "orders" else "FILE.jsonl")
        parser.set_defaults(kind=kind)
        _config(parser)
        _json(parser)


def _add_knowledge(commands: Commands) -> None:
    group = commands.add_parser("knowledge", help="articles of the knowledge base").add_subparsers(
        metavar="COMMAND", required=True
    )
    parser = _command(group, "import", _knowledge_import, "read Markdown files; bad files are named, good ones land")
    parser.add_argument("path", metavar="PATH", help="a Markdown file, or a folder of them")
    parser.add_argument("--prune", action="store_true", help="take out the articles that have no file there any more")
    _config(parser)
    _json(parser)


def _add_email(commands: Commands) -> None:
    group = commands.add_parser("email", help="incoming mail").add_subparsers(metavar="COMMAND", required=True)
    parser = _command(group, "parse", _email_parse, "print what the server reads in a mail, as JSON")
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("file", nargs="?", metavar="FILE.eml")
    given.add_argument("--stdin", action="store_true", help="JSON Lines {id, raw} instead, one line out per line in")
    _config(parser)
    _json(parser)


def _add_journal(commands: Commands) -> None:
    group = commands.add_parser("journal", help="stored calls of shops, carriers and warehouses").add_subparsers(
        metavar="COMMAND", required=True
    )
    parser = _command(group, "replay", _journal_replay, "work stored calls in again, without a second effect")
    parser.add_argument("--since", type=_moment, metavar="TIME", help="only calls received since, ISO 8601")
    _config(parser)
    parser = _command(
        group, "erase", _journal_erase, "delete what is stored of one address before its thirty days are over"
    )
    parser.add_argument("address", metavar="ADDRESS", help="an e-mail address or a telephone number")
    _config(parser)


def _add_talk(commands: Commands) -> None:
    _add_understand(commands)
    parser = _command(commands, "rehearse", _rehearse, "run scripted conversations and print a scorecard")
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files or folders of scenarios (default: the shipped ones)"
    )
    parser.add_argument("--policy", metavar="FILE", help="judge by this policy file")
    parser.add_argument("--times", type=int, default=1, metavar="K", help="play each scenario K times")
    parser.add_argument("--llm", action="store_true", help="with the configured model")
    parser.add_argument("--since", metavar="30d", help="replay past decisions under another policy")
    _config(parser)
    _json(parser)
    parser = _command(commands, "chat", _chat, "talk to the assistant over a throw-away store")
    for kind in ("orders", "products", "customers", "policy"):
        parser.add_argument(f"--{kind}", metavar="FILE")
    parser.add_argument("--knowledge", metavar="PATH")
    parser.add_argument("--via", default="widget", choices=("widget", "whatsapp", "sms", "email", "voice"))
    parser.add_argument("--from", dest="sender", default="visitor-1", metavar="ID")
    parser.add_argument("--now", type=_moment, metavar="TIME", help="what time it is, ISO 8601")
    _config(parser)
    _json(parser)


def _add_simulate(commands: Commands) -> None:
    text = "write or call as a customer, against a server on this machine or a running demo"
    group = commands.add_parser("simulate", help=text, description=text).add_subparsers(
        metavar="CHANNEL", required=True, dest="channel"
    )
    for channel, about in (
        ("whatsapp", "messages on WhatsApp; a text that a button says taps it"),
        ("sms", "text messages"),
        ("email", "mails; each but the first answers the shop's last one"),
        ("call", "a telephone call"),
    ):
        parser = _command(group, channel, _simulate, about)
        if channel == "call":
            parser.add_argument(
                "--say", action="append", default=[], metavar="TEXT", help="said when the shop is silent"
            )
            parser.add_argument("--keys", default="", metavar="KEYS", help="pressed afterwards, such as 1042#")
        else:
            parser.add_argument("text", nargs="+", metavar="TEXT")
        if channel in ("whatsapp", "sms"):
            parser.add_argument("--photo", metavar="FILE", help="goes with the first message")
        if channel == "email":
            parser.add_argument("--subject", default="My order")
            parser.add_argument("--forged", action="store_true", help="nobody vouches for the sender")
        parser.add_argument("--from", dest="sender", metavar="WHO", help="number or address (default: the demo's Ana)")
        parser.add_argument("--name", help="the name on the profile")
        parser.add_argument("--wait", type=float, default=15.0, metavar="S", help="seconds for an answer (default 15)")
        parser.add_argument(
            "--demo", nargs="?", const="http://127.0.0.1:8000", metavar="URL",
            help="hold the devices of a running demo (default http://127.0.0.1:8000) in place of the settings' server",
        )  # fmt: skip
        _config(parser)
        _json(parser)


def _add_understand(commands: Commands) -> None:
    parser = _command(
        commands, "understand", _understand, "stdin JSON Lines {id, text} -> what is meant, one line each"
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--corrections", action="store_true", help="list what agents corrected and nobody looked at")
    instead.add_argument("--accept", nargs="+", type=int, metavar="ID", help="take corrections in as examples")
    instead.add_argument("--discard", nargs="+", type=int, metavar="ID", help="drop corrections")
    instead.add_argument(
        "--retrain", action="store_true", help="train on the accepted ones, unless that reads worse (extra `train`)"
    )
    _config(parser)
    _json(parser)


def _config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", metavar="onethread.toml", help="settings file (default: onethread.toml here, if there is one)"
    )


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON only")


def _moment(text: str) -> datetime:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write 2026-11-20T18:00:00Z") from None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _demo(arguments: argparse.Namespace) -> int:
    from server.demo.run import run

    return run(arguments.port, Path(arguments.data) if arguments.data else None, opens=arguments.open)


def _serve(arguments: argparse.Namespace) -> int:
    from server.operate import serve

    return serve(arguments.config, arguments.host, arguments.port, arguments.workers)


def _init(arguments: argparse.Namespace) -> int:
    from server.operate import init

    return init(Path(arguments.dir), arguments.email, arguments.name, from_stdin=arguments.password_stdin)


def _migrate(arguments: argparse.Namespace) -> int:
    from server.operate import migrate_now

    return migrate_now(arguments.config)


def _doctor(arguments: argparse.Namespace) -> int:
    from server.operate import doctor

    return doctor(arguments.config, is_json=arguments.json, shows_voice=arguments.voice)


def _email_parse(arguments: argparse.Namespace) -> int:
    from server.operate_email import parse_file, parse_lines

    return parse_lines(arguments.config) if arguments.stdin else parse_file(arguments.config, Path(arguments.file))


def _simulate(arguments: argparse.Namespace) -> int:
    from server.demo.simulate import simulate
    from server.operate import settings_of

    return simulate(arguments, None if arguments.demo else settings_of(arguments.config))


def _journal_erase(arguments: argparse.Namespace) -> int:
    from server.operate_journal import erase

    return erase(arguments.config, arguments.address)


def _journal_replay(arguments: argparse.Namespace) -> int:
    from server.operate import journal_replay

    return journal_replay(arguments.config, arguments.since)


def _backup(arguments: argparse.Namespace) -> int:
    from server.operate import backup

    return backup(arguments.config, Path(arguments.file))


def _restore(arguments: argparse.Namespace) -> int:
    from server.operate import restore

    return restore(arguments.config, Path(arguments.file))


def _agent_add(arguments: argparse.Namespace) -> int:
    from server.operate import agent_add

    skills = tuple(part.strip() for part in arguments.skills.split(",") if part.strip())
    return agent_add(
        arguments.config, arguments.email, arguments.name, arguments.role, skills, from_stdin=arguments.password_stdin
    )


def _agent_list(arguments: argparse.Namespace) -> int:
    from server.operate import agent_list

    return agent_list(arguments.config, is_json=arguments.json)


def _agent_disable(arguments: argparse.Namespace) -> int:
    from server.operate import agent_disable

    return agent_disable(arguments.config, arguments.email)


def _agent_token(arguments: argparse.Namespace) -> int:
    from server.operate import agent_token

    return agent_token(arguments.config, arguments.email)


def _import(arguments: argparse.Namespace) -> int:
    from server.operate import import_file

    return import_file(arguments.config, arguments.kind, Path(arguments.file), is_json=arguments.json)


def _knowledge_import(arguments: argparse.Namespace) -> int:
    from server.operate_knowledge import import_knowledge

    return import_knowledge(arguments.config, Path(arguments.path), prune=arguments.prune, is_json=arguments.json)


def _understand(arguments: argparse.Namespace) -> int:
    from server import operate_understand as chosen

    if arguments.corrections:
        return chosen.list_corrections(arguments.config, is_json=arguments.json)
    if arguments.accept:
        return chosen.review(arguments.config, arguments.accept, "accepted")
    if arguments.discard:
        return chosen.review(arguments.config, arguments.discard, "discarded")
    if arguments.retrain:
        return chosen.retrain(arguments.config, is_json=arguments.json)
    return _read_lines(arguments.config)


def _read_lines(config: str | None) -> int:
    from server.answering.understand import jsonl, weights
    from server.operate import settings_of

    data = settings_of(config).data
    weights.use(data)
    if trouble := weights.trouble(data):
        sys.stderr.write(f"onethread: {trouble}\n")
    for line in jsonl(sys.stdin):
        print(line, flush=True)
    return 0


def _rehearse(arguments: argparse.Namespace) -> int:
    from server.rehearsing import judge_past, play

    if arguments.since and not arguments.policy:
        sys.stderr.write("onethread: --since needs --policy FILE, the policy to judge the past by\n")
        return 2
    if arguments.since:
        return judge_past(arguments.config, arguments.policy, arguments.since, is_json=arguments.json)
    return asyncio.run(
        play(
            arguments.config,
            [Path(each) for each in arguments.paths],
            arguments.policy,
            arguments.times,
            asks_model=arguments.llm,
            is_json=arguments.json,
        )
    )


def _chat(arguments: argparse.Namespace) -> int:
    from server.answering.understand import weights
    from server.chat import converse
    from server.operate import settings_of
    from server.stage import files_of

    files = files_of((kind, getattr(arguments, kind)) for kind in ("orders", "products", "customers", "knowledge"))
    settings = settings_of(arguments.config)
    weights.use(settings.data)
    asyncio.run(
        converse(
            settings, files=files, policy=arguments.policy, via=arguments.via,
            sender=arguments.sender, now=arguments.now, is_json=arguments.json,
            write=lambda text: print(text, flush=True),
        )
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
