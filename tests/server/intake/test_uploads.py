"""Files of shoppers: what is taken, what becomes of it, and how it is given out again."""

import io
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from PIL import Image

from server.intake.pictures import clean, sniff
from server.intake.uploads import plain_name
from tests.server.intake.browser import Session
from tests.server.intake.conftest import House

GPS_TAG = 0x8825


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **options: Any) -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind, **options)
    return out.getvalue()


def located() -> bytes:
    """A photograph that says where it was taken, which way up, and with which camera."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "SECRET camera"
    exif.get_ifd(GPS_TAG).update({1: "N", 2: (48.0, 12.0, 30.0), 3: "E", 4: (16.0, 22.0, 10.0)})
    return picture(exif=exif, comment=b"SECRET comment")


async def upload(house: House, session: Session, name: str, body: bytes, conv: str | None = None) -> httpx2.Response:
    async with house.browser.http() as client:
        return await client.post(
            "/widget/upload",
            params={"conv": conv or session.conv},
            files={"file": (name, body, "application/octet-stream")},
            headers={"Authorization": f"Bearer {session.token}"},
        )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
async def test_a_picture_is_kept_and_given_out(house: House, kind: str) -> None:
    session = await house.browser.session()
    name = f"scarf.{kind.lower()}"
    answer = await upload(house, session, name, picture(kind))
    stored = answer.json()
    assert (answer.status_code, stored["name"], stored["type"]) == (201, name, f"image/{kind.lower()}")
    async with httpx2.AsyncClient(base_url=house.url, trust_env=False, verify=False) as client:
        given = await client.get(stored["url"])
    assert (given.status_code, len(given.content)) == (200, stored["size"])
    assert given.headers["content-type"] == stored["type"]
    assert given.headers["content-disposition"].startswith("attachment;")
    assert given.headers["content-security-policy"] == "sandbox; default-src 'none'; frame-ancestors 'none'"
    assert given.headers["x-content-type-options"] == "nosniff"
    assert given.headers["cache-control"] == "private, no-store"
    assert Image.open(io.BytesIO(given.content)).size == (60, 40)


SOUNDS = {
    "a.ogg": (b"OggS" + bytes(60), "audio/ogg"),
    "a.opus": (b"OggS" + bytes(60), "audio/ogg"),
    "a.webm": (b"\x1aE\xdf\xa3" + bytes(60), "audio/webm"),
    "a.m4a": (b"\0\0\0\x1cftypM4A " + bytes(60), "audio/mp4"),
    "a.mp3": (b"ID3\x04" + bytes(60), "audio/mpeg"),
    "b.mp3": (b"\xff\xfb\x90\x64" + bytes(60), "audio/mpeg"),
    "a.wav": (b"RIFF\x24\0\0\0WAVEfmt " + bytes(60), "audio/wav"),
}


@pytest.mark.parametrize("name", SOUNDS)
async def test_a_recording_is_kept_as_it_is(house: House, name: str) -> None:
    body, kind = SOUNDS[name]
    session = await house.browser.session()
    answer = await upload(house, session, name, body)
    assert (answer.status_code, answer.json()["type"]) == (201, kind)
    async with httpx2.AsyncClient(base_url=house.url, trust_env=False, verify=False) as client:
        given = await client.get(answer.json()["url"])
    assert (given.content, given.headers["content-type"]) == (body, kind)
    assert given.headers["content-disposition"].startswith("attachment;")


async def test_a_file_travels_with_its_message(house: House) -> None:
    session = await house.browser.session()
    stored = (await upload(house, session, "scarf.jpg", picture())).json()
    async with house.browser.tab(session) as tab:
        await tab.say("", attachments=[stored["id"]])
        [shown] = (await tab.until("msg"))["attachments"]
    assert {key: shown[key] for key in ("id", "name", "type", "size")} == {
        key: stored[key] for key in ("id", "name", "type", "size")
    }
    async with httpx2.AsyncClient(base_url=house.url, trust_env=False, verify=False) as client:
        assert (await client.get(shown["url"])).status_code == 200


async def test_a_file_of_another_thread_cannot_be_sent(house: House) -> None:
    other, session = await house.browser.session(), await house.browser.session()
    stored = (await upload(house, other, "scarf.jpg", picture())).json()
    async with house.browser.tab(session) as tab:
        assert (await tab.say("look", attachments=[stored["id"]]))["code"] == "bad_attachment"


async def test_more_than_five_files_cannot_be_sent(house: House) -> None:
    session = await house.browser.session()
    ids = [(await upload(house, session, "a.png", picture("PNG"))).json()["id"] for _ in range(6)]
    async with house.browser.tab(session) as tab:
        assert (await tab.say("look", attachments=ids))["code"] == "bad_attachment"
        assert (await tab.say("look", attachments=ids[:5]))["t"] == "ack"


async def test_nothing_is_kept_for_a_thread_of_somebody_else(house: House) -> None:
    other, session = await house.browser.session(), await house.browser.session()
    assert (await upload(house, session, "a.jpg", picture(), conv=other.conv)).status_code == 404


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.svg", SVG),
        ("a.png", SVG),
        ("a.html", HTML),
        ("a.jpg", HTML),
        ("a.gif", b"GIF89a" + HTML),
        ("a.jpg", b"\xff\xd8\xff\xe0" + HTML),
        ("a.png", picture("JPEG")),
        ("a.jpg.html", picture("JPEG")),
        ("a.exe", b"MZ" + b"\0" * 100),
        ("a", picture("JPEG")),
        ("a.pdf", HTML),
        ("a.webp", b"RIFF\x00\x00\x00\x00WEBPVP8 "),
        ("a.jpg", b""),
        ("a.mp3", b"OggS" + bytes(60)),
        ("a.ogg", HTML),
        ("a.wav", picture("WEBP")),
        ("a.webp", b"RIFF\x24\0\0\0WAVEfmt " + bytes(60)),
        ("a.mp3", b"\xff"),
        ("a.heic", b"\0\0\0\x18ftypisom" + b"\0" * 20),
    ],
)
async def test_what_is_not_what_it_says_is_refused(house: House, name: str, body: bytes) -> None:
    session = await house.browser.session()
    assert (await upload(house, session, name, body)).status_code == 415
    assert not house.services.settings.uploads.exists()


async def test_a_file_beyond_the_limit_is_refused(house: House) -> None:
    session = await house.browser.session()
    too_large = await upload(house, session, "a.pdf", b"%PDF-1.7 " + b"x" * 11_000_000)
    far_too_large = await upload(house, session, "a.pdf", b"%PDF-1.7 " + b"x" * 16_000_000)
    assert (too_large.status_code, far_too_large.status_code) == (413, 413)


async def test_uploads_have_their_pace(house: House) -> None:
    session = await house.browser.session()
    answers = [await upload(house, session, "a.png", picture("PNG")) for _ in range(14)]
    assert {answer.status_code for answer in answers} == {201, 429}


@pytest.mark.parametrize(
    "body", [b"", b"--x\r\n", b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\n1\r\n--x--\r\n']
)
async def test_a_broken_form_is_refused(house: House, body: bytes) -> None:
    session = await house.browser.session()
    headers = {"Authorization": f"Bearer {session.token}", "Content-Type": "multipart/form-data; boundary=x"}
    async with house.browser.http() as client:
        assert (await client.post("/widget/upload", content=body, headers=headers)).status_code == 400


async def test_a_files_address_is_signed_and_short_lived(house: House) -> None:
    session = await house.browser.session()
    url = str((await upload(house, session, "a.jpg", picture())).json()["url"])
    path, _, query = url.partition("?")
    other = str((await upload(house, session, "b.jpg", picture())).json()["url"]).partition("?")[0]
    expires = int(query.partition("&")[0].removeprefix("e="))
    signature = query.rpartition("=")[2]
    async with httpx2.AsyncClient(base_url=house.url, trust_env=False, verify=False) as client:
        forged = [
            path,
            f"{path}?e={expires}",
            f"{path}?e={expires + 1}&s={signature}",
            f"{path}?e={expires}&s={'0' * 64}",
            f"{path}?e=x&s={signature}",
            f"{path}?e={expires}&s=%C3%BC",
            f"{other}?{query}",
            "/files/..%2fsecret.key?" + query,
        ]
        assert {(await client.get(each)).status_code for each in forged} == {404}
        assert (await client.get(url)).status_code == 200
        house.clock.advance(timedelta(seconds=301))
        assert (await client.get(url)).status_code == 404


# Cleaning, without a server


def test_a_photograph_loses_its_place_and_keeps_its_way_up() -> None:
    cleaned = clean("holiday.JPG", located())
    made = Image.open(io.BytesIO(cleaned.body))
    assert made.size == (40, 60)
    assert dict(made.getexif()) == {}
    assert b"SECRET" not in cleaned.body


def test_what_hides_behind_a_picture_is_gone() -> None:
    for kind in ("JPEG", "PNG", "WEBP", "GIF"):
        hidden = picture(kind) + HTML + b"PK\x03\x04SECRET"
        cleaned = clean(f"a.{kind.lower()}", hidden)
        assert b"script" not in cleaned.body
        assert b"SECRET" not in cleaned.body


def test_a_moving_picture_still_moves() -> None:
    frames = [Image.new("RGB", (20, 20), (shade, 0, 0)) for shade in (0, 120, 250)]
    for kind in ("GIF", "WEBP"):
        out = io.BytesIO()
        frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=100)
        made = Image.open(io.BytesIO(clean(f"a.{kind.lower()}", out.getvalue()).body))
        assert getattr(made, "n_frames", 1) == 3


def test_a_picture_that_unpacks_without_end_is_refused() -> None:
    bomb = picture("PNG", (9000, 9000))
    with pytest.raises(Exception, match="too large"):
        clean("a.png", bomb)


def test_transparency_stays() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(out, "PNG")
    made = Image.open(io.BytesIO(clean("a.png", out.getvalue()).body))
    assert made.convert("RGBA").getpixel((0, 0)) == (0, 0, 0, 0)


def test_documents_and_phone_pictures_stay_as_they_are() -> None:
    pdf, heic = b"%PDF-1.7\n...", b"\0\0\0\x18ftypheic" + b"\0" * 20
    assert clean("a.pdf", pdf).body == pdf
    assert clean("a.heic", heic).type == "image/heic"


def test_types_are_known_by_their_first_bytes() -> None:
    assert [sniff(picture(kind)) for kind in ("JPEG", "PNG", "WEBP", "GIF")] == [
        "image/jpeg",
        "image/png",
        "image/webp",
        "image/gif",
    ]
    assert sniff(b"") == sniff(HTML) == ""


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("scarf.jpg", "scarf.jpg"),
        ("../../etc/passwd.jpg", "passwd.jpg"),
        ("C:\\temp\\scarf.jpg", "scarf.jpg"),
        ("a\x00b\r\n.jpg", "ab.jpg"),
        ("gpj.\u202eexe.jpg", "gpj.exe.jpg"),
        ("x" * 300 + ".jpg", "x" * 96 + ".jpg"),
        (".jpg", "file.jpg"),
        ("", "file."),
    ],
)
def test_names_are_made_plain(given: str, kept: str) -> None:
    assert plain_name(given) == kept
