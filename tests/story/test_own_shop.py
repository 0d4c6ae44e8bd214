"""docs/getting-started.md, walked in a browser: the page's own commands, settings and HTML, from an empty folder to a talk."""

import re
import shlex
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from typing_extensions import override

from tests.story.actors import Agent, Shopper, chrome, command, picture, running, until_ready

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/getting-started.md").read_text(encoding="utf-8")
PASSWORD = "salt air and slow mornings"


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop that was set up by the guide: its own page, and the server of its chat."""

    page: str
    server: str


@pytest.fixture
def browser(chromium: str) -> Iterator[Browser]:
    with chrome(chromium) as one:
        yield one


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shutil.copytree(ROOT / "docs/examples", tmp_path / "docs/examples")
    with own_page(tmp_path / "page") as page:
        ports = {"8080": page.rpartition(":")[2], "8000": str(free_port())}
        *preparing, serving = commands()
        for arguments in preparing:
            said = command(*arguments, cwd=tmp_path, stdin=f"{PASSWORD}\n")
            if arguments[0] == "init":
                configure(tmp_path / "my-shop/onethread.toml", ported(blocks("toml")[0], ports))
            if "import" in arguments:
                assert " 0 refused" in said
        (tmp_path / "page/index.html").write_text(ported(blocks("html")[0], ports), encoding="utf-8")
        settings = {"SERVER__LOG_LEVEL": "warning"}
        with running(*serving, "--port", ports["8000"], cwd=tmp_path, **settings) as process:
            yield Shop(page, until_ready(process, f"http://127.0.0.1:{ports['8000']}"))


def test_the_guide_leads_to_a_talk(browser: Browser, shop: Shop) -> None:
    mira, shopper = Agent(browser), Shopper(browser)
    mira.sign_in(shop.server, "you@lumen.example", PASSWORD)
    find_an_empty_inbox_that_helps(mira, shop)
    find_an_empty_chat_that_helps(shopper, shop)

    answer = shopper.ask("Where is my order?")
    assert answer.inner_text().count("?") == 1
    expect(mira.rows).to_have_count(0)
    status = shopper.ask("1051, iris@example.com")
    expect(status.locator(".bubble")).to_contain_text("cancelled")
    expect(status.locator(".bubble")).to_contain_text("$44.00")
    picture(shopper.page, "own-3-status")

    shopper.ask("I want to talk to a person.")
    mira.rows.first.get_by_role("link").click()
    mira.page.get_by_role("button", name="Take over").click()
    expect(mira.page.locator(".thread-state")).to_contain_text("You have this")
    mira.reply("Mira here. What can I do?")
    expect(shopper.answers.last).to_contain_text("Mira here. What can I do?")
    expect(shopper.answers.last.locator(".byline")).to_contain_text("Mira Hale")
    picture(mira.page, "own-4-console")
    picture(shopper.page, "own-5-chat")
    assert shopper.mistakes == []
    assert mira.mistakes == []


def find_an_empty_inbox_that_helps(mira: Agent, shop: Shop) -> None:
    """The console of the first day shows the line that the guide's page has, too."""
    snippet = mira.page.locator("#inbox .snippet")
    expect(snippet).to_contain_text('data-site="default"')
    picture(mira.page, "own-1-empty-inbox")
    page = mira.context.new_page()
    page.goto(shop.page)
    assert snippet.inner_text() in page.content().replace(' async=""', " async")
    page.close()


def find_an_empty_chat_that_helps(shopper: Shopper, shop: Shop) -> None:
    """The chat of somebody who never wrote says who answers and what can be asked."""
    shopper.page.goto(shop.page)
    shopper.open()
    intro = shopper.chat.locator(".intro")
    expect(intro).to_contain_text("automated assistant of Lumen Goods")
    expect(intro.get_by_role("button", name="Where is my order?")).to_be_visible()
    picture(shopper.page, "own-2-empty-chat")


# What the guide says


def blocks(language: str) -> list[str]:
    """The guide's fenced blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    """The arguments of every `onethread` command of the guide; nobody is there to type a password, so it is piped."""
    lines = [shlex.split(line) for block in blocks("sh") for line in block.splitlines()]
    assert {line[0] for line in lines} == {"onethread"}
    return [[*line[1:], *(["--password-stdin"] if line[1] == "init" else [])] for line in lines]


def configure(file: Path, wanted: str) -> None:
    """Take the `#` away from the keys that the guide names, and give them its values."""
    values: dict[str, str] = {}
    section = ""
    for line in filter(None, wanted.splitlines()):
        section = line if line.startswith("[") else section
        values[f"{section} {line.partition(' =')[0]}"] = line
    lines = []
    for line in file.read_text(encoding="utf-8").splitlines():
        section = line if line.startswith("[") else section
        lines.append(values.pop(f"{section} {line.removeprefix('# ').partition(' =')[0]}", line))
    assert not values, "onethread.toml does not offer what the guide sets"
    file.write_text("\n".join(lines), encoding="utf-8")


def ported(text: str, ports: dict[str, str]) -> str:
    """The guide's text with the ports of this run."""
    return re.sub(r"(?<=127\.0\.0\.1:)\d+", lambda found: ports[found[0]], text)


# The shop's own page


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and logs nothing."""

    @override
    def log_message(self, *given: Any) -> None:
        pass


@contextmanager
def own_page(folder: Path) -> Iterator[str]:
    """A web server of the shop's own; gives its address, which is another origin than the chat's."""
    folder.mkdir(exist_ok=True)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port
