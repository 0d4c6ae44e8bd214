"""What runs in the shopper's browser: loader, app and styles as plain ES modules.

The files are written for reading and served for loading: `served` takes comments, indentation and needless ends of lines
out, which is all that happens to a file between the repository and the browser. It knows the files of this folder, not routes or headers.
"""

import re
from typing import Final

# Comments that begin a line, and the types that stand before a parenthesis; no string in these files holds either.
_COMMENT: Final = re.compile(r"^[ \t]*(?:/\*.*?\*/|//[^\n]*)|/\*\* @type [^*\n]*\*/ ?", re.MULTILINE | re.DOTALL)
_LINES: Final = re.compile(r"\s*\n\s*")
# Where a line ends in one of these, or the next begins so, no statement ends by its line alone.
_JOINTS: Final = re.compile(r"(?<=[;{,(\[])\n|\n(?=[})\]])")
_STYLE_GAPS: Final = re.compile(r"\s*([{};,])\s*|(?<=:) ")


def served(path: str, content: bytes) -> bytes:
    """The bytes that go to the browser for a file of this folder: scripts and styles without comments and indentation.

    A script has no comment behind code and no text but styles over several lines: their ends are taken for those of lines."""
    if not path.endswith((".js", ".css", ".html")):
        return content
    text = _LINES.sub("\n", _COMMENT.sub("", content.decode())).strip()
    if path.endswith(".js"):
        text = _JOINTS.sub("", text)
    return (_STYLE_GAPS.sub(r"\1", text) if path.endswith(".css") else text).encode()
