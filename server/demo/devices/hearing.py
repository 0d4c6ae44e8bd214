"""What a caller hears: spoken text takes time, so that somebody can break in and only a part of it was heard."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

CHARS_PER_S: Final = 15.0


@dataclass(slots=True)
class Said:
    """One utterance on a call. `who` is `shop`, `caller`, `colleague` or `note`; `heard` = letters that came through, None = all."""

    who: str
    text: str
    at: str
    heard: int | None = None
    is_open: bool = False


@dataclass(slots=True)
class Ear:
    """Everything that was said on a call, and how far the shop's voice has come. `pace` = letters a second."""

    pace: float = CHARS_PER_S
    said: list[Said] = field(default_factory=list)
    _current: Said | None = None
    _began: float = 0.0
    _ends: float = 0.0

    def note(self, who: str, text: str, at: str) -> None:
        """Something that takes no time: the caller's own words, or what happens on the line."""
        self.said.append(Said(who, text, at))

    def speak(self, text: str, at: str, *, is_last: bool = True) -> None:
        """The shop's voice goes on; `is_last` closes the utterance."""
        now = asyncio.get_running_loop().time()
        if self._current is None or not self._current.is_open:
            if text.strip():
                self._begin(at, now)
            elif is_last:
                return
        if self._current is None or not self._current.is_open:
            return
        self._current.text += text
        self._ends = max(now, self._ends) + len(text) / self.pace
        if is_last:
            self._current.is_open = False
            self._current.text = self._current.text.rstrip()

    def _begin(self, at: str, now: float) -> None:
        self._current = Said("shop", "", at, is_open=True)
        self.said.append(self._current)
        if self._ends <= now:
            self._began = now

    @property
    def is_speaking(self) -> bool:
        """Whether the shop's voice is still to be heard."""
        return asyncio.get_running_loop().time() < self._ends

    @property
    def is_greeting(self) -> bool:
        """Whether the voice is at its first utterance."""
        return self._current is not None and self._current is next(
            (each for each in self.said if each.who == "shop"), None
        )

    @property
    def left_s(self) -> float:
        """How long it will go on."""
        return max(0.0, self._ends - asyncio.get_running_loop().time())

    def cut(self) -> tuple[str, int]:
        """Silence the voice: (what was heard of this utterance, after how many milliseconds)."""
        now, current = asyncio.get_running_loop().time(), self._current
        if current is None:
            return "", 0
        unheard = min(len(current.text), round(self.left_s * self.pace))
        heard = current.text[: len(current.text) - unheard]
        current.heard, current.is_open = len(heard), False
        self._ends = now
        return heard, max(0, round((now - self._began) * 1000))

    async def until_silent(self) -> None:
        """Wait until everything that was said has been heard."""
        while left := self.left_s:  # noqa: ASYNC110 - more may be said meanwhile
            await asyncio.sleep(left)

    def shown(self) -> list[dict[str, Any]]:
        """The transcript as the page shows it: `spoken` = letters of it that were heard by now."""
        rows = []
        for each in self.said:
            spoken = len(each.text) if each.heard is None else each.heard
            if each is self._current and each.heard is None:
                spoken = max(0, len(each.text) - round(self.left_s * self.pace))
            cut = each.heard is not None and each.heard < len(each.text)
            rows.append({"who": each.who, "text": each.text, "at": each.at, "spoken": spoken, "cut": cut})
        return rows
