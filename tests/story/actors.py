"""Who plays in the stories: servers in processes of their own, shoppers and agents in browsers of their own.

Nothing here knows how the server is built: it is the `onethread` command, its pages, and its API. Where
`ONETHREAD_TEST_PICTURES` names a folder, `picture` leaves a screenshot of the scene there.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.error import URLError
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, BrowserContext, FrameLocator, Locator, Page, expect

from tests.support.chromium import chromium_at

Said: TypeAlias = tuple[str, str]
"""Who said it (`customer`, `assistant` or `agent`), and what, with every run of white space as one blank."""

PATIENCE_MS: Final = 20_000
_PICTURES: Final = os.environ.get("ONETHREAD_TEST_PICTURES", "")
_LINES: Final = """(() => {
  const open = new Set();
  let broken = false;
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      open.add(this);
      this.addEventListener("close", () => open.delete(this));
      if (broken) this.close();
    }
  };
  window.cutLines = () => {
    broken = true;
    const closed = (socket) => new Promise((done) => socket.addEventListener("close", done));
    const all = [...open].map(closed);
    for (const socket of open) socket.close();
    return Promise.all(all).then(() => undefined);
  };
  window.mendLines = () => { broken = false; };
})()"""
"""Lets a story cut a page's sockets: an offline browser would leave them open and silent, each for as long as it likes."""


# Servers


def command(*arguments: str, cwd: Path, stdin: str = "", **settings: str) -> str:
    """What `onethread` prints. `settings` are named SECTION__KEY. Fails where the command does."""
    done = subprocess.run(
        [sys.executable, "-m", "server", *arguments],
        cwd=cwd, env=_environment(settings), input=stdin, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def running(*arguments: str, cwd: Path, **settings: str) -> Iterator["subprocess.Popen[str]"]:
    """A server while the block runs; it must end by itself when it is asked to, and log no failure."""
    complaints = cwd / "complaints.log"
    with complaints.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "server", *arguments],
            cwd=cwd, env=_environment(settings), stdout=subprocess.PIPE, stderr=stderr, text=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=20)
        finally:
            process.kill()
    if logged := complaints.read_text():
        raise AssertionError(f"the server complained:\n{logged}")


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ONETHREAD_")}
    return inherited | {f"ONETHREAD_{name}": value for name, value in settings.items()}


def url_in(process: "subprocess.Popen[str]", label: str) -> str:
    """The address that the server prints beside `label`."""
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(rf"{label}\s+(http://\S+)", line):
            return found[1].rstrip("/")
    raise AssertionError("the server ended before it said where it is")


def until_ready(process: "subprocess.Popen[str]", url: str) -> str:
    """Wait until the server answers; gives its address."""
    while process.poll() is None:
        try:
            with urlopen(f"{url}/readyz", timeout=5):
                return url
        except (URLError, ConnectionError):
            time.sleep(0.02)
    raise AssertionError("the server ended before it answered")


# Browsers


@contextmanager
def chrome(path: str) -> Iterator[Browser]:
    """A browser."""
    with chromium_at(path) as browser:
        expect.set_options(timeout=PATIENCE_MS)
        yield browser


def plain(text: str) -> str:
    """A text with every run of white space as one blank: pages and API break their lines differently."""
    return " ".join(text.split())


def picture(page: Page, name: str) -> None:
    """Leave a screenshot of the scene, where somebody wants to see it."""
    if _PICTURES:
        width = (page.viewport_size or {"width": 0})["width"]
        page.screenshot(path=Path(_PICTURES) / f"{name}-{width}.png")


class _Browsing:
    """Somebody with a browser; `page` is what they look at."""

    def __init__(self, browser: Browser, **setting: Any) -> None:
        self.context: BrowserContext = browser.new_context(**{"viewport": {"width": 1280, "height": 860}, **setting})
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.add_init_script(_LINES)
        self.page = self.context.new_page()
        self.mistakes: list[str] = []
        self.context.on("weberror", lambda raised: self.mistakes.append(str(raised.error)))

    def cut(self) -> None:
        """The line breaks: open sockets end, and neither sockets nor requests get through any more."""
        for frame in self.page.frames:
            frame.evaluate("cutLines()")
        self.context.set_offline(True)

    def mend(self) -> None:
        """The line is back."""
        for frame in self.page.frames:
            frame.evaluate("mendLines()")
        self.context.set_offline(False)


class Shopper(_Browsing):
    """A shopper on a page with the chat."""

    @property
    def chat(self) -> FrameLocator:
        """The inside of the chat's frame."""
        return self.page.frame_locator("onethread-chat iframe")

    @property
    def messages(self) -> Locator:
        """Every message, in the order of the page."""
        return self.chat.locator("li.message")

    @property
    def answers(self) -> Locator:
        """What the shop's side said."""
        return self.chat.locator("li.message.us")

    def open(self) -> None:
        """Open the chat and wait until it is connected."""
        self.page.locator("onethread-chat .launcher").click()
        self.chat.locator(".log[aria-busy=false]").wait_for()

    def write(self, text: str) -> None:
        """Send a message."""
        field = self.chat.locator("textarea")
        field.fill(text)
        field.press("Enter")

    def ask(self, text: str) -> Locator:
        """Send a message; gives the answer to it."""
        answer = self.answers.nth(self.answers.count())
        self.write(text)
        answer.wait_for()
        return answer

    def choose(self, label: str) -> Locator:
        """Tap a quick reply whose label begins so; gives the answer to it."""
        answer = self.answers.nth(self.answers.count())
        self.chat.locator(".choices").get_by_role("button", name=re.compile(f"^{re.escape(label)}")).click()
        answer.wait_for()
        return answer

    def transcript(self) -> list[Said]:
        """The conversation as this page shows it."""
        read = """items => items.map((item) => [
            item.classList.contains("me") ? "customer" : item.querySelector(".face.agent") ? "agent" : "assistant",
            item.querySelector(".bubble")?.innerText ?? ""])"""
        return [(who, plain(text)) for who, text in self.messages.evaluate_all(read)]


class Agent(_Browsing):
    """Somebody who works at the desk."""

    def sign_in(self, url: str, email: str, password: str) -> None:
        """Go to the console and sign in there."""
        self.page.goto(f"{url}/console")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.locator("#link-state")).to_have_text("Live")

    @property
    def rows(self) -> Locator:
        """The conversations in the inbox, the most pressing first."""
        return self.page.locator("#inbox .rows > li")

    @property
    def drafts(self) -> Locator:
        """The suggested replies."""
        return self.page.locator(".draft .draft-use")

    @property
    def field(self) -> Locator:
        """Where a reply is written."""
        return self.page.locator("textarea#text")

    def reply(self, text: str) -> None:
        """Send a reply of one's own."""
        self.field.fill(text)
        self.page.get_by_role("button", name="Send reply").click()

    def transcript(self) -> list[Said]:
        """The conversation as the console shows it, notes and labels left out."""
        read = """items => items.map((item) => [
            [...item.classList].find((name) => name.startsWith("from-")).slice("from-".length),
            item.querySelector(".bubble")?.innerText ?? ""])"""
        said = self.page.locator(".events > li.said:not(.note)")
        return [(who, plain(text)) for who, text in said.evaluate_all(read)]


class Program:
    """A program that works with an agent's token."""

    def __init__(self, url: str, token: str) -> None:
        self._url = f"{url}/api/v1/threads"
        self._token = token

    def events(self, conv: str) -> list[dict[str, Any]]:
        """Everything that happened in a thread."""
        found: list[dict[str, Any]] = self._call(f"{conv}/events?after=0")["events"]
        return found

    def reply(self, conv: str, text: str, key: str) -> None:
        """Send a reply, having seen everything."""
        seen = self.events(conv)[-1]["seq"]
        self._call(f"{conv}/reply", {"text": text, "seen_seq": seen, "idempotency_key": key})

    def transcript(self, conv: str) -> list[Said]:
        """The conversation as the log holds it."""
        said = [event for event in self.events(conv) if event["type"] == "message"]
        return [(event["author"]["type"], plain(event["body"]["text"])) for event in said]

    def _call(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        request = Request(f"{self._url}/{path}", json.dumps(body).encode() if body else None, headers)
        with urlopen(request, timeout=10) as answer:
            read: dict[str, Any] = json.load(answer)
        return read
