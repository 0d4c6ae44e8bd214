"""What doctor says of the shop's voice: what is wrong with it, how it sounds, and which phrases are the shop's own."""

import json
from dataclasses import replace
from pathlib import Path

from server import operate_voice
from server.answering.words.spoken import LANGUAGES
from server.settings import Settings, load
from server.voice import FormalitySettings, SignOffSettings, VoiceSettings


def settings(voice: VoiceSettings) -> Settings:
    """Settings with this voice."""
    return replace(Settings(), voice=voice)


def test_typical_replies_are_heard_in_every_language() -> None:
    heard = [text for level, text in operate_voice.findings(settings(VoiceSettings())) if level == "voice"]

    assert {text[:2] for text in heard} == set(LANGUAGES)
    assert "en, a return read back: So: return Red scarf of order #1042 for a refund of $49.00" in "\n".join(heard)


def test_they_are_heard_in_the_form_and_with_the_sign_off_that_were_chosen() -> None:
    voice = VoiceSettings(formality=FormalitySettings(de="du"), sign_off=SignOffSettings(de="Viele Grüße, {assistant}"))
    heard = "\n".join(text for _, text in operate_voice.findings(settings(voice)))

    assert "de, a return: Welche Artikel der Bestellung #1042 möchtest du zurückgeben?" in heard
    assert "erwartet. / Viele Grüße, Robin" in heard


def test_everything_wrong_is_named_at_once() -> None:
    voice = VoiceSettings(formality=FormalitySettings(de="wir"), overrides="/nowhere")

    assert [level for level, _ in operate_voice.findings(settings(voice))] == ["mend", "mend"]


def test_every_phrase_is_printed_and_the_shops_own_are_marked(tmp_path: Path) -> None:
    (tmp_path / "ours.en.yaml").write_text("courtesy.welcome: Any time, really!\n", encoding="utf-8")
    chosen = settings(VoiceSettings(overrides=str(tmp_path)))
    lines = list(operate_voice.phrases(chosen, is_json=False))
    [whole] = operate_voice.phrases(chosen, is_json=True)

    assert [line.split() for line in lines if " * " in line] == [
        ["en", "*", "courtesy.welcome", "Any", "time,", "really!"]
    ]
    assert len(json.loads(whole)["phrases"]) == len(lines)
    assert [line for line in lines if "{" in line] == []


def test_the_file_may_name_forms_in_one_line_and_greetings_in_a_section(tmp_path: Path) -> None:
    config = tmp_path / "onethread.toml"
    config.write_text(
        '[voice]\nassistant_name = "Mira"\noverrides = "words"\nformality = { de = "du" }\n[voice.greeting]\nde = "Moin!"\n',
        encoding="utf-8",
    )
    read = load(config, {"ONETHREAD_VOICE__FORMALITY__ES": "usted"})

    assert (read.voice.formality.de, read.voice.formality.es, read.voice.greeting.de) == ("du", "usted", "Moin!")
    assert (read.shop.assistant, read.voice.overrides) == ("Mira", str(tmp_path / "words"))
