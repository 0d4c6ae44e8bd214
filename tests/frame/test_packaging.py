"""What is installed is ours and nobody else's, pinned with hashes, and the version is said once and the same."""

import re
import tomllib
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.frame.repository import OUR_PACKAGES, ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock")
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def _project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return project


def _pins(lock: str) -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in PIN.findall((ROOT / lock).read_text())}


@pytest.mark.parametrize("package", OUR_PACKAGES)
def test_no_other_distribution_ships_a_package_of_our_name(package: str) -> None:
    assert set(packages_distributions().get(package, [])) <= {"onethread"}  # an editable install lists no packages


@pytest.mark.parametrize("package", OUR_PACKAGES)
def test_the_package_imported_here_is_the_one_of_this_checkout(package: str) -> None:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin == str(ROOT / package / "__init__.py")


def test_the_changelog_and_the_package_tell_the_same_version() -> None:
    newest = re.search(r"^## \[(?!Unreleased\])([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert newest.group(1) == _project()["version"]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text())
    assert [entry.split()[0] for entry in entries if PIN.match(entry) and "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_names_no_index_and_no_path(lock: str) -> None:
    assert (
        re.findall(r"https?://\S+|file:\S+|--(?:index-url|find-links|trusted-host)\S*", (ROOT / lock).read_text()) == []
    )


def _unmet(requirements: list[str], pins: dict[str, str]) -> list[str]:
    parsed = map(Requirement, requirements)
    return [str(need) for need in parsed if not need.specifier.contains(pins.get(canonicalize_name(need.name), "0"))]


def test_the_lock_meets_what_the_package_needs() -> None:
    extras = _project()["optional-dependencies"]
    assert _unmet(_project()["dependencies"] + extras["build"], _pins("requirements.lock")) == []
    everything = _project()["dependencies"] + [need for needs in extras.values() for need in needs]
    assert _unmet(everything, _pins("requirements-dev.lock")) == []


def test_both_locks_agree() -> None:
    develops = _pins("requirements-dev.lock")
    assert {
        name: version for name, version in _pins("requirements.lock").items() if develops.get(name) != version
    } == {}
