"""`onethread simulate`: a customer from the terminal, against the settings of a server on loopback or a running demo."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from server.__main__ import main
from server.demo.simulate import ANA
from tests.server.demo.opened import Opened, opened_demo

TWILIO = {
    "ONETHREAD_TWILIO__ACCOUNT_SID": "AC" + "1" * 32,
    "ONETHREAD_TWILIO__AUTH_TOKEN": "token",
    "ONETHREAD_TWILIO__API_URL": "http://127.0.0.1:1",
    "ONETHREAD_TWILIO__WHATSAPP_FROM": "whatsapp:+12015550190",
}


async def run(*arguments: str, folder: Path, settings: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """(status, stdout, stderr) of the command, in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "simulate", *arguments,
        cwd=folder, env={"PATH": "", "PYTHONPATH": str(Path.cwd()), **(settings or {})},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    out, complaints = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, out.decode(), complaints.decode()


async def played(demo: Opened, folder: Path, *arguments: str) -> dict[str, Any]:
    """What `simulate` says of a demo, as JSON."""
    status, out, complaints = await run(*arguments, "--demo", demo.url, "--json", folder=folder)
    assert (status, complaints) == (0, ""), (status, complaints, out)
    told: dict[str, Any] = json.loads(out)
    return told


async def test_a_demo_is_written_to_and_called_from_the_terminal(tmp_path: Path) -> None:
    async with opened_demo(tmp_path) as demo:
        told = await played(demo, tmp_path, "whatsapp", "where is my order 1042?", "Yes")
        first, second = told["turns"]
        assert "#1042" in first["answers"][0]["text"]
        assert "Yes" in first["answers"][0]["choices"]
        assert (first["status"], len(second["answers"]), told["faults"]) == ("read", 1, [])
        told = await played(demo, tmp_path, "email", "Where is order 1042?", "--from", ANA[2], "--subject", "1042")
        assert "#1042" in told["turns"][0]["answers"][0]["text"]
        assert told["turns"][0]["answers"][0]["subject"] == "Re: 1042"
        told = await played(
            demo, tmp_path, "email", "Where is order 1016?", "--from", "priya.raman@example.com", "--forged"
        )
        assert not any("Oxford" in each["text"] for each in told["turns"][0]["answers"])
        told = await played(demo, tmp_path, "call", "--say", "where is my order?")
        assert [each["who"] for each in told["transcript"]][:3] == ["shop", "caller", "shop"]
        status, _, complaints = await run("sms", "hello", "--from", "+1000", "--demo", demo.url, folder=tmp_path)
        assert (status, "nobody in the demo" in complaints) == (1, True)


async def test_a_server_is_reached_by_its_own_settings(tmp_path: Path) -> None:
    """The stand-in opens where the settings send messages: here the demo has taken that port, so answers are its own."""
    async with opened_demo(tmp_path) as demo:
        account, places = demo.simulators.account, demo.simulators.places
        settings = {
            "ONETHREAD_SERVER__PUBLIC_URL": demo.url,
            "ONETHREAD_TWILIO__ACCOUNT_SID": account.sid,
            "ONETHREAD_TWILIO__AUTH_TOKEN": account.token,
            "ONETHREAD_TWILIO__API_URL": places.api_url,
            "ONETHREAD_TWILIO__WHATSAPP_FROM": account.whatsapp,
        }
        status, out, _ = await run("whatsapp", "hello", "--wait", "1", "--json", folder=tmp_path, settings=settings)
        told = json.loads(out)
        assert (status, told["turns"][0]["status"], told["faults"]) == (0, "delivered", [])
        world = await demo.until(lambda world: world["threads"])
        assert world["threads"][0]["channels"] == ["whatsapp"]
        forged = {**settings, "ONETHREAD_TWILIO__AUTH_TOKEN": "another"}
        status, out, _ = await run("whatsapp", "hello", "--wait", "1", "--json", folder=tmp_path, settings=forged)
        assert (status, json.loads(out)["turns"][0]["status"]) == (1, "failed")


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"ONETHREAD_SERVER__PUBLIC_URL": "https://shop.example", **TWILIO}, "not on loopback"),
        ({"ONETHREAD_SERVER__PUBLIC_URL": "http://127.0.0.1:9"}, "is not connected here"),
        (
            {
                "ONETHREAD_SERVER__PUBLIC_URL": "http://127.0.0.1:9",
                **TWILIO,
                "ONETHREAD_TWILIO__API_URL": "https://api.twilio.com",
            },
            "leave for real people",
        ),
    ],
)
def test_only_a_server_on_this_machine_is_simulated_at(
    settings: dict[str, str],
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert main(["simulate", "whatsapp", "hello"]) == 1
    assert why in capsys.readouterr().err


@pytest.mark.parametrize("url", ["https://demo.example", "http://127.0.0.1:1"])
def test_a_demo_elsewhere_or_nowhere_is_refused(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "sms", "hello", "--demo", url]) == 1
    assert url in capsys.readouterr().err


@pytest.mark.parametrize("channel", ["whatsapp", "sms", "email", "call"])
def test_every_channel_answers_help(channel: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as over:
        main(["simulate", channel, "--help"])
    assert (over.value.code, "--demo" in capsys.readouterr().out) == (0, True)
