"""The headless Chromium of every browser test, without what a window does for somebody who sits before it.

An installed Chromium opens a whole window for each page. Its address bar loads a page of its own, of four hundred files, which
took a third of the time of each test; and it keeps a spare process ready for a page that nobody will open.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, sync_playwright

_WINDOW: Final = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxFullPopup",
    "WebUIOmniboxAimPopup",
    "PreloadTopChromeWebUI",
    "SpareRendererForSitePerProcess",
)
_PLAYWRIGHT: Final = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
)
"""What Playwright 1.65 switches off (chromiumSwitches.ts). Chromium heeds only the last such list, so ours repeats it."""


@contextmanager
def chromium_at(path: str) -> Iterator[Browser]:
    """A browser, closed at the end."""
    switches = ["--no-sandbox", "--disable-gpu", f"--disable-features={','.join((*_PLAYWRIGHT, *_WINDOW))}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=switches)
        try:
            yield browser
        finally:
            browser.close()
