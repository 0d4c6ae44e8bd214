"""The widget's own files as browsers get them."""

import re

import httpx2
import pytest

from server.intake.assets import Assets
from tests.server.intake.conftest import House


async def get(house: House, path: str) -> httpx2.Response:
    async with httpx2.AsyncClient(base_url=house.url, trust_env=False, verify=False) as client:
        return await client.get(path)


async def test_the_loader_may_be_loaded_by_any_shop_page(house: House) -> None:
    answer = await get(house, "/widget/loader.js")
    assert answer.status_code == 200
    assert {
        name: answer.headers[name] for name in ("content-type", "access-control-allow-origin", "cache-control")
    } == {
        "content-type": "text/javascript; charset=utf-8",
        "access-control-allow-origin": "*",
        "cache-control": "public, max-age=300",
    }
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


async def test_the_frame_leads_to_files_that_are_there_and_never_change(house: House) -> None:
    page = await get(house, "/widget/frame?site=default")
    paths = re.findall(r'(?:src|href)="?([^"\s>]+)', page.text)
    assert paths
    for path in paths:
        answer = await get(house, f"/widget/{path}")
        assert answer.status_code == 200, path
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "{{" not in page.text


async def test_only_the_shops_pages_may_show_the_frame(house: House) -> None:
    page = await get(house, "/widget/frame?site=default")
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors https://chat.example https://shop.example;" in policy
    assert "connect-src 'self' wss://chat.example;" in policy
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:;")
    assert "unsafe" not in policy
    assert page.headers["cross-origin-opener-policy"] == "unsafe-none"
    assert page.headers["cross-origin-resource-policy"] == "cross-origin"
    assert page.headers["referrer-policy"] == "strict-origin"
    assert page.headers["cache-control"] == "no-store"
    assert "x-frame-options" not in page.headers


async def test_an_unknown_site_has_no_frame(house: House) -> None:
    page = await get(house, "/widget/frame?site=nowhere")
    assert page.status_code == 404
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


async def test_a_page_from_before_an_update_still_finds_its_files(house: House) -> None:
    answer = await get(house, "/widget/0.0.1-old/app/main.js")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=300")


@pytest.mark.parametrize(
    "path", ["__init__.py", "jsconfig.json", "app/frame.html", "app/../__init__.py", "app/nothing.js"]
)
async def test_nothing_else_is_served(house: House, path: str) -> None:
    version = house.doors.assets.version
    assert (await get(house, f"/widget/{version}/{path}")).status_code == 404


def test_the_version_follows_the_files() -> None:
    assets = Assets.load()
    assert re.fullmatch(r"\d[\w.]*-[0-9a-f]{10}", assets.version)
    assert assets.version == Assets.load().version
    assert "loader.js" in assets.files
