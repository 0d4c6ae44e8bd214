"""What a shopper may upload, decided by name and content alike, and pictures made anew without what cameras hide in them.

Pure but for its CPU time: call it in a thread. A picture that was decoded and encoded again carries no position, no script
and no second file behind its end.
"""

import io
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from server.errors import RefusedInput

_PIXELS_AT_MOST: Final = 50_000_000
_FRAMES_AT_MOST: Final = 200
_TYPES: Final = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    "pdf": "application/pdf",
    "heic": "image/heic",
    "heif": "image/heic",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "opus": "audio/ogg",
    "webm": "audio/webm",
    "weba": "audio/webm",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
}
_FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF"}
_SOUND_BRANDS: Final = (b"M4A ", b"M4B ", b"mp42", b"isom", b"iso5", b"dash")
_HEIF_BRANDS: Final = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A file that may be kept."""

    body: bytes
    type: str


def clean(name: str, body: bytes) -> Cleaned:
    """The file as it may be kept. Raises RefusedInput (`file_type`) for anything else than it says it is."""
    kind = _TYPES.get(name.rpartition(".")[2].lower(), "")
    if not kind or sniff(body) != kind:
        raise RefusedInput(
            "file_type", "send a picture (JPEG, PNG, WebP, GIF, HEIC), a PDF or a recording (OGG, WebM, M4A, MP3, WAV)"
        )
    return Cleaned(_made_anew(body, kind) if kind in _FORMATS else body, kind)


def sniff(body: bytes) -> str:
    """The type that the first bytes show; empty when it is none of ours."""
    if body[:3] == b"\xff\xd8\xff":
        return "image/jpeg"
    if body[:8] == b"\x89PNG\r\n\x1a\n":
        return "image/png"
    if body[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    if body[:5] == b"%PDF-":
        return "application/pdf"
    if body[4:8] == b"ftyp" and body[8:12] in _HEIF_BRANDS:
        return "image/heic"
    return _sound(body)


def _sound(body: bytes) -> str:
    """The type of a recording; empty when it is none of ours. What is in it nobody here decodes."""
    if body[:4] == b"OggS":
        return "audio/ogg"
    if body[:4] == b"\x1aE\xdf\xa3":
        return "audio/webm"
    if body[:4] == b"RIFF" and body[8:12] == b"WAVE":
        return "audio/wav"
    if body[4:8] == b"ftyp" and body[8:12] in _SOUND_BRANDS:
        return "audio/mp4"
    is_frame = len(body) > 1 and body[0] == 0xFF and body[1] & 0xE6 == 0xE2  # MPEG audio, layer III
    return "audio/mpeg" if body[:3] == b"ID3" or is_frame else ""


def _made_anew(body: bytes, kind: str) -> bytes:
    name = _FORMATS[kind]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(body), formats=(name,)) as picture:
                _check_size(picture)
                return _encoded(picture, name)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise RefusedInput("file_type", "this picture cannot be read") from error


def _check_size(picture: Image.Image) -> None:
    width, height = picture.size
    frames = getattr(picture, "n_frames", 1)
    if frames > _FRAMES_AT_MOST or width * height * frames > _PIXELS_AT_MOST:
        raise RefusedInput("file_type", "this picture is too large")


def _encoded(picture: Image.Image, name: str) -> bytes:
    out = io.BytesIO()
    if getattr(picture, "n_frames", 1) > 1:
        picture.save(out, name, save_all=True, exif=b"", xmp=b"", comment=b"")
        return out.getvalue()
    upright = ImageOps.exif_transpose(picture)
    bare = upright.convert("RGB") if name == "JPEG" and upright.mode not in ("RGB", "L") else upright.copy()
    transparency = bare.info.get("transparency")
    bare.info = {} if transparency is None else {"transparency": transparency}
    options = {"quality": 88} if name in ("JPEG", "WEBP") else {}
    bare.save(out, name, **options)
    return out.getvalue()
