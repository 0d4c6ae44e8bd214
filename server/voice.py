"""The settings of `[voice]`: how the shop sounds. What they come to is in `server/answering/words/house.py`."""

from dataclasses import dataclass, field

from server.parties import doc


@dataclass(frozen=True, slots=True)
class FormalitySettings:
    """How customers are addressed, where the language has more than one way."""

    es: str = doc("tu", "`tu` or `usted`")
    fr: str = doc("vous", "`tu` or `vous`")
    de: str = doc("Sie", "`du` or `Sie`")
    pt: str = doc("voce", "`voce`, or `senhor`: polite, without a pronoun")


@dataclass(frozen=True, slots=True)
class GreetingSettings:
    """What opens the first reply of a conversation, and every reply by e-mail; `{shop}` and `{assistant}` are filled in."""

    en: str = doc("", "such as `Hello from {shop}!`; empty = none")
    es: str = doc("", "the same in Spanish")
    fr: str = doc("", "the same in French")
    de: str = doc("", "the same in German")
    pt: str = doc("", "the same in Portuguese")


@dataclass(frozen=True, slots=True)
class SignOffSettings:
    """What closes every reply by e-mail, and none elsewhere; `{shop}` and `{assistant}` are filled in."""

    en: str = doc("", "such as `Kind regards, {assistant}, the assistant of {shop}`; empty = none")
    es: str = doc("", "the same in Spanish")
    fr: str = doc("", "the same in French")
    de: str = doc("", "the same in German")
    pt: str = doc("", "the same in Portuguese")


@dataclass(frozen=True, slots=True)
class NeverSettings:
    """Words that are never used: `word=instead` puts another word in their place, a bare `word` refuses the phrase that has it."""

    en: tuple[str, ...] = doc((), "such as `parcel=package`")
    es: tuple[str, ...] = doc((), "the same in Spanish")
    fr: tuple[str, ...] = doc((), "the same in French")
    de: tuple[str, ...] = doc((), "the same in German")
    pt: tuple[str, ...] = doc((), "the same in Portuguese")


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """How the shop sounds: see docs/voice.md."""

    assistant_name: str = doc("", "the assistant's name as customers hear it; empty = shop.assistant")
    shop_name: str = doc("", "the shop's name as customers hear it; empty = shop.name")
    overrides: str = doc("", "file `NAME.LANG.yaml`, or a folder of such, with phrases of your own; empty = none")
    formality: FormalitySettings = field(default_factory=FormalitySettings)
    greeting: GreetingSettings = field(default_factory=GreetingSettings)
    sign_off: SignOffSettings = field(default_factory=SignOffSettings)
    never: NeverSettings = field(default_factory=NeverSettings)
