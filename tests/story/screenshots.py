"""The pictures in the README and the documents, taken from the running demo: `python -m tests.story.screenshots`.

It plays the short story (a parcel, a refusal to calm down, a person) and photographs both sides. Needs Chromium.
"""

import io
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.story import test_demo_channels
from tests.story.actors import Agent, Shopper, chrome, running, url_in

_FOLDER: Final = Path("docs/images")
_GAP: Final = 24
_COLOURS: Final = 128


def main() -> int:
    """Take every picture anew."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        sys.stderr.write("no Chromium here: apt-get install chromium\n")
        return 1
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running("demo", "--port", "0", cwd=Path(folder)) as process:
        url = url_in(process, "Shop with the chat")
        with chrome(path) as browser:
            _play(browser, url)
            _play_devices(browser, url)
    return 0


def _play(browser: Browser, url: str) -> None:
    kim, shopper = Agent(browser), Shopper(browser, viewport={"width": 400, "height": 800})
    kim.page.set_viewport_size({"width": 1320, "height": 800})
    kim.sign_in(url, "kim@harbourandpine.example", "harbour-kim")
    shopper.page.goto(url)
    shopper.open()
    shopper.ask("Hi, where is my parcel?")
    shopper.ask("1042, ana.lopez@example.com")
    chat = _taken(shopper.page)
    shopper.ask("This is a joke! You are useless, I am furious!")
    kim.rows.first.click()
    kim.drafts.first.wait_for()
    kim.page.wait_for_timeout(800)  # for the eye: until the pane has settled
    console = _taken(kim.page)
    _saved(_beside(chat, console), "story")
    _saved(console, "console")
    _saved(chat, "widget-phone")
    kim.page.emulate_media(color_scheme="dark")
    _saved(_taken(kim.page), "console-dark")


def _play_devices(browser: Browser, url: str) -> None:
    """One customer on phone, mailbox and telephone of the control room."""
    ana = Shopper(browser, viewport={"width": 1280, "height": 900})
    ana.page.goto(f"{url}/demo")
    for take in (test_demo_channels.on_whatsapp, test_demo_channels.by_mail, test_demo_channels.by_telephone):
        take(ana.page)
    ana.page.locator('[data-view="html"]').click()
    ana.page.evaluate("document.getElementById('devices').scrollIntoView({behavior: 'instant'})")
    ana.page.wait_for_timeout(800)  # for the eye: until every device has settled
    _saved(_taken(ana.page), "demo-devices")


def _taken(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def _beside(left: Image.Image, right: Image.Image) -> Image.Image:
    sheet = Image.new("RGB", (left.width + _GAP + right.width, max(left.height, right.height)), "white")
    sheet.paste(left, (0, 0))
    sheet.paste(right, (left.width + _GAP, 0))
    return sheet


def _saved(image: Image.Image, name: str) -> None:
    image.quantize(_COLOURS).save(_FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    sys.exit(main())
