"""Settings: what is misspelt, contradictory or unreadable stops the start, with a word on what to mend."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest

from server.errors import SettingsError
from server.settings import (
    DatabaseSettings,
    ServerSettings,
    Settings,
    checked,
    declared,
    load,
    origin_of,
    parse_duration,
    with_secret_key,
)


def written(folder: Path, text: str) -> Path:
    """A settings file in `folder`."""
    path = folder / "onethread.toml"
    path.write_text(text)
    return path


def refusal(config: Path | None = None, environ: dict[str, str] | None = None) -> str:
    """Why these settings stop the start."""
    with pytest.raises(SettingsError) as refused:
        load(config, environ or {})
    return str(refused.value)


def test_everything_has_a_default_that_works() -> None:
    assert load(None, {}) == Settings()
    assert checked(Settings()) == Settings()


def test_every_setting_is_described() -> None:
    assert all(text.strip() for _section, _key, _default, text in declared())


# Names


def test_an_unknown_variable_stops_the_start_and_names_the_nearest() -> None:
    said = refusal(None, {"ONETHREAD_SERVER__PROT": "1"})
    assert said == "the setting ONETHREAD_SERVER__PROT is unknown; did you mean ONETHREAD_SERVER__PORT?"
    assert "docs/settings.md" in refusal(None, {"ONETHREAD_QQQQ__ZZZZ": "1"})


def test_other_programs_variables_are_nobodys_business() -> None:
    environ = {"PATH": "/bin", "ONETHREAD_TEST_POSTGRES": "x", "ONETHREAD_CHROMIUM": "/usr/bin/chromium"}
    assert load(None, environ) == Settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[server]\nprot = 1\n", "the setting server.prot is unknown; did you mean server.port?"),
        ("[servers]\nport = 1\n", "the setting servers.port is unknown; did you mean server.port?"),
        ("[servers]\n", "the section [servers] is unknown"),
        ("[data]\n", "the section [data] is unknown"),
        ("port = 1\n", "stands outside of a [section]"),
        ("[server\n", "cannot be read"),
    ],
)
def test_a_file_with_a_mistake_stops_the_start(tmp_path: Path, text: str, said: str) -> None:
    assert said in refusal(written(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "onethread init" in refusal(tmp_path / "onethread.toml")


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    config = written(tmp_path, "[server]\nport = 1\nhost = '::1'\n")
    settings = load(config, {"ONETHREAD_SERVER__PORT": "2"})
    assert (settings.server.port, settings.server.host) == (2, "::1")


# Values


@pytest.mark.parametrize(
    ("section", "text"),
    [
        ("server", "port = 'eighty'"),
        ("server", "port = 80.5"),
        ("server", "port = true"),
        ("widget", "sites = 5"),
        ("turns", "workers = 0"),
        ("turns", "deadline_s = 0"),
        ("database", "readers = 0"),
        ("shop", "tz = 'Mars/Olympus'"),
        ("desk", "holidays = ['25.12.2026']"),
        ("server", "secret_keys = ['short']"),
        ("server", "clock_offset = 'two days'"),
        ("server", "clock_offset = 'P2D'\npublic_url = 'https://chat.example'"),
        ("widget", "origins = ['shop.example']"),
        ("bus", "url = 'redis://localhost'"),
    ],
)
def test_a_value_that_makes_no_sense_stops_the_start_and_names_its_setting(
    tmp_path: Path, section: str, text: str
) -> None:
    said = refusal(written(tmp_path, f"[{section}]\n{text}\n"))
    key = text.split(" ")[0]
    assert f"{section}.{key}" in said or text.split("'")[1] in said


def test_lists_are_lists_in_the_file_and_commas_in_the_environment(tmp_path: Path) -> None:
    config = written(tmp_path, "[widget]\nsites = ['a', 'b']\n")
    assert load(config, {}).widget.sites == ("a", "b")
    origins = {"ONETHREAD_WIDGET__ORIGINS": "https://a.example, https://b.example:8443 ,"}
    settings = load(None, origins)
    assert settings.widget.origins == ("https://a.example", "https://b.example:8443")
    assert settings.allowed_origins == {"http://127.0.0.1:8000", "https://a.example", "https://b.example:8443"}


def test_the_newest_of_several_keys_comes_last() -> None:
    settings = load(None, {"ONETHREAD_SERVER__SECRET_KEYS": f"{'a' * 32},{'b' * 32}"})
    assert settings.server.secret_keys == ("a" * 32, "b" * 32)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Shop.Example/a/b?c", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://shop.example:80/", "http://shop.example"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
    ],
)
def test_an_origin_is_what_browsers_send(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize("url", ["shop.example", "ftp://shop.example", "https://", ""])
def test_what_has_no_scheme_or_host_is_no_origin(url: str) -> None:
    with pytest.raises(SettingsError):
        origin_of(url)


def test_durations_are_iso_8601() -> None:
    assert parse_duration("P2DT3H") == timedelta(days=2, hours=3)
    assert parse_duration("-PT90S") == timedelta(seconds=-90)
    for text in ("P", "PT", "2h", ""):
        with pytest.raises(SettingsError):
            parse_duration(text)


def test_holidays_are_days() -> None:
    assert load(None, {"ONETHREAD_DESK__HOLIDAYS": "2026-12-25,2027-01-01"}).holidays == {
        date(2026, 12, 25),
        date(2027, 1, 1),
    }


# Secrets in files


def test_a_secret_may_be_kept_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("k" * 40 + "\n")
    settings = load(None, {"ONETHREAD_SERVER__SECRET_KEYS_FILE": str(secret)})
    assert settings.server.secret_keys == ("k" * 40,)


def test_a_setting_whose_own_name_ends_like_that_is_itself() -> None:
    assert load(None, {"ONETHREAD_POLICY__FILE": "mine.yaml"}).policy.file == "mine.yaml"


def test_a_file_that_cannot_be_read_stops_the_start_without_its_content(tmp_path: Path) -> None:
    binary = tmp_path / "key"
    binary.write_bytes(b"\xff\xfe secret")
    for path in (tmp_path / "missing", binary, tmp_path):
        said = refusal(None, {"ONETHREAD_SERVER__SECRET_KEYS_FILE": str(path)})
        assert said.startswith("ONETHREAD_SERVER__SECRET_KEYS_FILE: ")
        assert "secret'" not in said


def test_a_value_and_a_file_for_it_contradict_each_other(tmp_path: Path) -> None:
    environ = {"ONETHREAD_SHOP__NAME": "a", "ONETHREAD_SHOP__NAME_FILE": str(tmp_path / "b")}
    assert "keep one" in refusal(None, environ)


# Paths


def test_paths_in_the_file_are_relative_to_the_file(tmp_path: Path) -> None:
    text = "[server]\ndata = 'store'\n[policy]\nfile = 'policy.yaml'\n[database]\nurl = 'sqlite:///shop.db'\n"
    settings = load(written(tmp_path, text), {})
    assert settings.data == tmp_path / "store"
    assert settings.policy.file == str(tmp_path / "policy.yaml")
    assert settings.database_url == f"sqlite:///{tmp_path / 'shop.db'}"


def test_the_usual_data_folder_stands_beside_the_file(tmp_path: Path) -> None:
    settings = load(written(tmp_path, ""), {})
    assert settings.data == tmp_path / "data"
    assert settings.database_url == f"sqlite:///{tmp_path / 'data' / 'onethread.db'}"
    assert settings.policy.file == ""


def test_a_file_named_from_another_folder_means_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf").mkdir()
    written(tmp_path / "conf", "[server]\ndata = '../store'\n")
    monkeypatch.chdir(tmp_path)
    near = load(Path("conf/onethread.toml"), {})
    monkeypatch.chdir(tmp_path / "conf")
    assert load(Path("onethread.toml"), {}) == near
    assert near.data.resolve() == tmp_path / "store"


def test_paths_in_the_environment_are_relative_to_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf").mkdir()
    config = written(tmp_path / "conf", "[server]\ndata = 'store'\n")
    monkeypatch.chdir(tmp_path)
    settings = load(config, {"ONETHREAD_SERVER__DATA": "here", "ONETHREAD_DATABASE__URL": "sqlite:///here.db"})
    assert settings.data == tmp_path / "here"
    assert settings.database_url == f"sqlite:///{tmp_path / 'here.db'}"


@pytest.mark.parametrize("url", ["sqlite:////srv/shop.db", "postgresql://user@db/shop"])
def test_absolute_paths_and_servers_stay_as_they_are(tmp_path: Path, url: str) -> None:
    text = f"[server]\ndata = '/srv/data'\n[database]\nurl = '{url}'\n"
    settings = load(written(tmp_path, text), {})
    assert (str(settings.data), settings.database_url) == ("/srv/data", url)


# The signing key


def in_folder(folder: Path) -> Settings:
    return Settings(server=ServerSettings(data=str(folder)), database=DatabaseSettings())


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    settings = in_folder(tmp_path / "data")
    first = with_secret_key(settings)
    path = tmp_path / "data" / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert with_secret_key(settings).server.secret_keys == first.server.secret_keys
    assert checked(first) == first


def test_the_operators_key_is_used_and_none_is_made(tmp_path: Path) -> None:
    settings = Settings(server=ServerSettings(data=str(tmp_path), secret_keys=("k" * 40,)))
    assert with_secret_key(settings) == settings
    assert list(tmp_path.iterdir()) == []


def test_processes_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    settings = in_folder(tmp_path / "data")
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: with_secret_key(settings).server.secret_keys, range(32)))
    assert len(keys) == 1


def test_a_key_file_that_was_cut_off_is_never_used_to_sign(tmp_path: Path) -> None:
    (tmp_path / "secret.key").touch()
    with pytest.raises(SettingsError, match="delete it"):
        with_secret_key(in_folder(tmp_path), wait_s=0)


@pytest.mark.parametrize("name", ["ORDERS__RECONCILE_MINUTES", "CATALOGUE__SYNC_MINUTES"])
def test_a_comparison_without_a_pause_is_refused(name: str) -> None:
    assert refusal(None, {f"ONETHREAD_{name}": "0"}).endswith("write 1 or more")
