"""The customer's photos, made fit to be shown to a model that can see: few, small, and nothing but pixels.

Only files of this conversation's burst are read, by the ids that our own upload gave them. A picture is decoded and encoded anew,
so that neither its name nor what a camera wrote into it goes out. What a model says of a photo is the customer's claim, never proof.
"""

import asyncio
import base64
import io
import logging
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageOps, UnidentifiedImageError

from server.answering.context import Context
from server.answering.model.events import Message

AT_MOST: Final = 2
TOKENS: Final = 1_000
"""What one photo is taken to cost, until the server says."""
_SIDE_PX: Final = 1_024
_PIXELS: Final = 50_000_000
_TYPES: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF"}
_ID: Final = re.compile(r"att_[0-9a-z]{20,40}")
_log = logging.getLogger("onethread.model")


def named(context: Context) -> list[tuple[str, str]]:
    """(id, format) of the latest photos of what was said now, oldest first."""
    sent = [each for said in context.said for each in said.attachments]
    seen = [(str(each.get("id", "")), _TYPES.get(str(each.get("type", "")), "")) for each in sent]
    return [(id, kind) for id, kind in seen if kind and _ID.fullmatch(id)][-AT_MOST:]


async def read(folder: Path, context: Context) -> list[str]:
    """The photos as data URLs; one that cannot be read is left out."""
    made = [await asyncio.to_thread(_made, folder / id, kind) for id, kind in named(context)]
    return [each for each in made if each]


def shown(message: Message, photos: Sequence[str], mark: str) -> Message:
    """A message with photos behind its text, each between marks."""
    if not photos:
        return message
    parts: list[dict[str, Any]] = [{"text": message["content"], "type": "text"}]
    for url in photos:
        parts += [
            {"text": f"<photo-{mark}>", "type": "text"},
            {"image_url": {"url": url}, "type": "image_url"},
            {"text": f"</photo-{mark}>", "type": "text"},
        ]
    return {**message, "content": parts}


def length(content: object) -> int:
    """How long a message's content counts for an estimate of tokens, in characters of text; a photo as `TOKENS` of three."""
    if not isinstance(content, list):
        return len(str(content or ""))
    return sum(len(part["text"]) if part["type"] == "text" else 3 * TOKENS for part in content)


def encoded(picture: Image.Image) -> str:
    """A picture as a data URL, not larger than a model needs it."""
    small = ImageOps.exif_transpose(picture).convert("RGB")
    small.thumbnail((_SIDE_PX, _SIDE_PX))
    small.info = {}
    out = io.BytesIO()
    small.save(out, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}"


def _made(path: Path, kind: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=(kind,)) as picture:
                if picture.width * picture.height > _PIXELS:
                    return ""
                return encoded(picture)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        _log.warning("a photo was not shown to the model", extra={"upload": path.name, "error": type(error).__name__})
        return ""
