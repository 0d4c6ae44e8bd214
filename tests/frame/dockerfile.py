"""Reads a Dockerfile and performs its steps in an empty folder, for machines on which no container engine runs.

Each stage gets the same folder as its root, so that paths written into an environment stay true when a later stage
copies it. It knows the instructions that our Dockerfile uses and refuses every other. It cannot switch users, and the
base image is this machine: what only the image has or lacks shows in the image alone.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction: its word, its flags (`--from=build` as `from`), and the rest of its line."""

    word: str
    flags: Mapping[str, str]
    rest: str


@dataclass(slots=True)
class Image:
    """What a stage has become: its environment and what it declares for running."""

    environment: dict[str, str] = field(default_factory=dict)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    user: str = ""
    folder: Path = Path("/")
    volumes: list[str] = field(default_factory=list)
    ports: list[str] = field(default_factory=list)


class StepFailed(Exception):
    """A RUN ended with an error; carries its output."""


def parse(text: str) -> list[Step]:
    """The steps of a Dockerfile in order. Raises ValueError on an instruction that is not known here."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [_step(line) for line in joined.splitlines() if line.strip()]


def _step(line: str) -> Step:
    word, _, rest = line.strip().partition(" ")
    if f"_{word.lower()}" not in vars(Build):
        raise ValueError(f"{word} is not an instruction that can be performed here")
    flags = {}
    while match := re.match(r"\s*--([a-z-]+)=(\S+)\s*", rest):
        flags[match[1]] = match[2]
        rest = rest[match.end() :]
    return Step(word, flags, rest.strip())


class Build:
    """Performs steps. `room` is an empty folder, `context` the checkout."""

    def __init__(self, room: Path, context: Path) -> None:
        self.root = room / "root"
        self.image = Image()
        self._room = room
        self._context = context
        self._stage = ""
        self._tops: set[str] = set()

    def perform(self, steps: list[Step]) -> Image:
        """The image of the last stage, built below `root`. Raises StepFailed."""
        self._tops = set(_top_folders(steps))
        for step in steps:
            getattr(self, f"_{step.word.lower()}")(step)
        return self.image

    def local(self, text: str) -> str:
        """`text` with the image's absolute paths moved below `root`."""
        tops = "|".join(sorted(self._tops))
        return re.sub(rf"(?<![\w./-])/({tops})\b", lambda match: f"{self.root}/{match[1]}", text)

    def environment(self) -> dict[str, str]:
        """The environment of this stage's programs: the image's, over what pip needs of this machine."""
        host = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "http", "no_"))}
        return {**host, "HOME": os.environ.get("HOME", "/"), "PATH": self._path(), **self.image.environment}

    def _path(self) -> str:
        shims = self._room / "bin"
        if not shims.is_dir():
            shims.mkdir()
            (shims / "python").symlink_to(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
        return f"{shims}:/usr/local/bin:/usr/bin:/bin"

    def _from(self, step: Step) -> None:
        if self.root.exists():
            self.root.rename(self._room / self._stage)
        self.root.mkdir()
        self._stage = step.rest.partition(" AS ")[2].strip() or "last"
        self.image = Image(folder=self.root)

    def _env(self, step: Step) -> None:
        for part in shlex.split(step.rest):
            name, _, value = part.partition("=")
            self.image.environment[name] = self.local(value).replace("$PATH", self._path())

    def _run(self, step: Step) -> None:
        run = subprocess.run(
            ["sh", "-euc", self.local(step.rest)],
            cwd=self.image.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
        )
        if run.returncode:
            raise StepFailed(f"RUN {step.rest}\n{run.stdout}{run.stderr}")

    def _copy(self, step: Step) -> None:
        *sources, goal = step.rest.split()
        for source in sources:
            stage = step.flags.get("from")
            start = self._room / stage / source.lstrip("/") if stage else self._context / source
            target = Path(self.local(goal)) / (start.name if goal.endswith("/") else "")
            target.parent.mkdir(parents=True, exist_ok=True)
            if start.is_dir():
                shutil.copytree(start, target, symlinks=True, dirs_exist_ok=True, ignore=_not_for_the_engine)
            else:
                shutil.copy2(start, target)

    def _workdir(self, step: Step) -> None:
        self.image.folder = Path(self.local(step.rest))
        self.image.folder.mkdir(parents=True, exist_ok=True)

    def _user(self, step: Step) -> None:
        self.image.user = step.rest

    def _volume(self, step: Step) -> None:
        self.image.volumes.append(step.rest)

    def _expose(self, step: Step) -> None:
        self.image.ports.append(step.rest)

    def _healthcheck(self, step: Step) -> None:
        self.image.health = json.loads(step.rest.removeprefix("CMD"))

    def _cmd(self, step: Step) -> None:
        self.image.command = json.loads(step.rest)


def _not_for_the_engine(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "__pycache__"]


def _top_folders(steps: list[Step]) -> Iterator[str]:
    for step in steps:
        if step.word in ("COPY", "WORKDIR", "VOLUME") and step.rest.split()[-1].startswith("/"):
            yield step.rest.split()[-1].split("/")[1]
