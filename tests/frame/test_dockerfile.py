"""The Dockerfile's steps lead from an empty folder to a server that is healthy, without a container engine."""

import re
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.frame.dockerfile import Build, Image, StepFailed, parse
from tests.frame.repository import OUR_PACKAGES, ROOT, tracked

UNREACHABLE = re.compile("NewConnectionError|Failed to establish|name resolution|No matching distribution found")
STEPS = parse((ROOT / "Dockerfile").read_text())


@pytest.fixture(scope="module")
def built() -> Iterator[tuple[Build, Image]]:
    """The image, built below a short-lived folder; skipped where no package can be had."""
    with tempfile.TemporaryDirectory() as room:
        build = Build(Path(room), ROOT)
        try:
            yield build, build.perform(STEPS)
        except StepFailed as failure:
            if UNREACHABLE.search(str(failure)):
                pytest.skip("no package index here: connect, or fill pip's cache with `make test` while connected")
            raise


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _is_healthy(image: Image, environment: dict[str, str]) -> bool:
    return subprocess.run(image.health, env=environment, cwd=image.folder, capture_output=True).returncode == 0


def _wait_until_healthy(server: subprocess.Popen[str], image: Image, environment: dict[str, str]) -> None:
    for _ in range(150):
        if _is_healthy(image, environment):
            return
        if server.poll() is not None:
            pytest.fail(f"the server ended: {server.communicate()}")
        time.sleep(0.2)
    server.kill()
    pytest.fail(f"the server never became healthy: {server.communicate()}")


@pytest.mark.long  # every package is installed anew: `.ci/run` does it in a step of its own
@pytest.mark.timeout(400)
def test_the_image_serves_is_healthy_and_stops_cleanly(built: tuple[Build, Image]) -> None:
    build, image = built
    environment = {**build.environment(), "ONETHREAD_SERVER__PORT": str(_free_port())}
    environment["ONETHREAD_SERVER__DATA"] = str(build.root / "data")
    assert not _is_healthy(image, environment), "it is healthy before anything runs"
    with subprocess.Popen(
        image.command, env=environment, cwd=image.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        _wait_until_healthy(server, image, environment)
        server.send_signal(signal.SIGTERM)
        output = server.communicate(timeout=60)
    assert server.returncode in (0, -signal.SIGTERM), output  # uvicorn finishes, then lets the signal have its way
    kept = {path.name for path in (build.root / "data").iterdir()}
    assert "onethread.db" in kept, "nothing was kept in the volume"
    assert "onethread.db-wal" not in kept, "it was cut off: the database was not closed"


@pytest.mark.long  # every package is installed anew: `.ci/run` does it in a step of its own
@pytest.mark.timeout(400)
def test_the_image_holds_our_packages_and_nobody_elses_of_the_same_name(built: tuple[Build, Image]) -> None:
    build, image = built
    code = (
        "import importlib.metadata as m, sys; owners = m.packages_distributions();"
        " print(*[owners[name] for name in sys.argv[1:]], sep='\\n')"
    )
    told = subprocess.run(["python", "-c", code, *OUR_PACKAGES], env=build.environment(), cwd=image.folder,
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert told.stdout.splitlines() == ["['onethread']"] * len(OUR_PACKAGES)


@pytest.mark.long  # every package is installed anew: `.ci/run` does it in a step of its own
@pytest.mark.timeout(400)
def test_the_image_carries_every_file_of_our_packages(built: tuple[Build, Image]) -> None:
    build, _ = built
    (packages,) = (build.root / "opt/onethread/lib").glob("python3*/site-packages")
    ours = [path for path in tracked() if path.parts[0] in OUR_PACKAGES]
    assert [str(path) for path in ours if not (packages / path).is_file()] == []


@pytest.mark.long  # every package is installed anew: `.ci/run` does it in a step of its own
@pytest.mark.timeout(400)
def test_the_image_is_built_for_an_unprivileged_user_and_one_volume(built: tuple[Build, Image]) -> None:
    _, image = built
    assert image.user.split(":")[0] not in ("", "0", "root")
    assert (image.volumes, image.ports) == (["/data"], ["8000"])


def test_the_image_has_the_python_that_the_lock_was_made_for() -> None:
    images = {step.rest.split()[0] for step in STEPS if step.word == "FROM"}
    made_with = re.search(r"pip-compile with Python (\S+)", (ROOT / "requirements.lock").read_text())
    assert made_with is not None
    assert images == {f"python:{made_with[1]}-slim"}


def test_everything_that_the_dockerfile_copies_reaches_the_engine() -> None:
    wanted = {part.rstrip("/") for step in STEPS if step.word == "COPY" and "from" not in step.flags
              for part in step.rest.split()[:-1]}  # fmt: skip
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert wanted == allowed


def test_the_compose_file_fits_the_image() -> None:
    service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["onethread"]
    (volume,) = [step.rest for step in STEPS if step.word == "VOLUME"]
    (port,) = [step.rest for step in STEPS if step.word == "EXPOSE"]
    assert [text.rpartition(":")[2] for text in service["volumes"]] == [volume]
    assert [text.rpartition(":")[2] for text in service["ports"]] == [port]


def test_an_instruction_that_cannot_be_performed_is_refused() -> None:
    with pytest.raises(ValueError, match="SHELL"):
        parse('SHELL ["bash"]')


def test_continued_lines_flags_and_comments_are_understood() -> None:
    (step,) = parse("RUN --mount=type=cache,target=/c \\\n  # why\n  pip install \\\n  -r a\n")
    assert (step.flags, step.rest) == ({"mount": "type=cache,target=/c"}, "pip install -r a")
