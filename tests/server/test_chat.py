"""`onethread chat --json`, spoken to as another program would: one line in, one line out, and nothing else."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import pytest

Answer = dict[str, Any]

NOW = "2027-03-16T16:00:00Z"
ORDERS = """\
{"id": "o1", "number": "#K-11", "placed_at": "2027-03-05T14:00:00Z", "customer": {"id": "c_ruth", "name": "Ruth Vance", "emails": ["ruth@vance.example"], "phones": ["+14025550301"], "zip": "68102"}, "currency": "USD", "totals": {"items": 9800, "total": 9800}, "payment": {"status": "paid", "methods": [{"id": "pm1", "kind": "card", "label": "Visa ending in 4242"}]}, "ship_to": {"name": "Ruth Vance", "city": "Omaha", "region": "NE", "zip": "68102", "country": "US"}, "lines": [{"id": "l1", "sku": "SCARF-RED", "product_id": "p_scarf", "title": "Merino scarf", "options": {"colour": "red"}, "quantity": 2, "fulfilled": 2, "unit_price": 4900}], "fulfilment": "shipped", "shipments": [{"id": "s1", "carrier": "ups", "tracking_number": "1Z7K11", "lines": [{"line": "l1", "quantity": 2}], "events": [{"at": "2027-03-12T13:00:00-06:00", "code": "delivered", "city": "Omaha", "region": "NE", "country": "US"}]}]}
{"id": "o2", "number": "#K-12", "placed_at": "2027-03-12T14:00:00Z", "customer": {"id": "c_ruth", "name": "Ruth Vance", "emails": ["ruth@vance.example"], "phones": ["+14025550301"], "zip": "68102"}, "currency": "USD", "totals": {"items": 7900, "total": 7900}, "payment": {"status": "paid"}, "ship_to": {"city": "Omaha", "region": "NE", "zip": "68102", "country": "US"}, "lines": [{"id": "l1", "sku": "LAMP-OAK", "title": "Oak lamp", "quantity": 1, "fulfilled": 1, "unit_price": 7900}], "fulfilment": "shipped", "shipments": [{"id": "s1", "carrier": "ups", "tracking_number": "1Z7K12", "lines": [{"line": "l1", "quantity": 1}], "events": [{"at": "2027-03-16T08:00:00-05:00", "code": "out_for_delivery", "city": "Omaha", "region": "NE", "country": "US"}]}]}
{"id": "o3", "number": "#K-13", "placed_at": "2027-03-15T14:00:00Z", "customer": {"id": "c_seb", "name": "Seb Aldous", "emails": ["seb@aldous.example"], "phones": ["+447700900301"], "zip": "LS1 5HD"}, "currency": "GBP", "totals": {"items": 3200, "total": 3200}, "payment": {"status": "paid"}, "ship_to": {"city": "Leeds", "zip": "LS1 5HD", "country": "GB"}, "lines": [{"id": "l1", "sku": "TEAPOT", "title": "Teapot", "quantity": 1, "fulfilled": 0, "unit_price": 3200}], "fulfilment": "unfulfilled", "fulfil_by": "2027-03-19"}
"""  # noqa: E501
RUTH = "ruth@vance.example"
EMPTY: Answer = {"replies": [], "intent": None, "actions": [], "proposed": [], "handoff": None}


class Chat:
    """A running `onethread chat --json`."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        orders = folder / "orders.jsonl"
        orders.write_text(ORDERS, encoding="utf-8")
        command = [sys.executable, "-m", "server", "chat", "--json", "--now", NOW, "--orders", str(orders), *arguments]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )

    def __enter__(self) -> "Chat":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def raw(self, line: bytes) -> Answer:
        """The one line that comes out for a line that goes in."""
        self._pipe(self.process.stdin).write(line + b"\n")
        self._pipe(self.process.stdin).flush()
        out: Answer = json.loads(self._pipe(self.process.stdout).readline())
        return out

    def tell(self, **line: object) -> Answer:
        """Send a line given by its keys; `from_` stands for `from`, `as_` for `as`."""
        named = {key.rstrip("_"): value for key, value in line.items()}
        return self.raw(json.dumps(named).encode())

    def end(self) -> tuple[bytes, int]:
        """Whatever is still on stdout when the input ends, and the exit status."""
        out, _ = self.process.communicate(timeout=20)
        return out, self.process.returncode

    def _pipe(self, pipe: IO[bytes] | None) -> IO[bytes]:
        assert pipe is not None
        return pipe


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    with Chat(tmp_path_factory.mktemp("chat")) as chat:
        yield chat


@pytest.fixture
def chat(running: Chat) -> Chat:
    assert running.tell(reset=True) == EMPTY
    return running


def words(answer: Mapping[str, Any]) -> str:
    return "\n".join(reply["text"] for reply in answer["replies"])


def test_answer_has_replies_intent_actions_proposed_and_handoff(chat: Chat) -> None:
    answer = chat.tell(say=f"where is my order K-12? {RUTH}")
    assert set(answer) == set(EMPTY)
    assert answer["intent"] == "order_status"
    assert answer["handoff"] is None
    assert "out for delivery" in words(answer)


def test_every_reply_carries_text_and_a_list_of_evidence(chat: Chat) -> None:
    (reply,) = chat.tell(say=f"where is my order K-12? {RUTH}")["replies"]
    assert set(reply) == {"text", "evidence"}
    facts = {fact["key"]: fact for fact in reply["evidence"]}
    assert facts["order_number"]["value"] == "#K-12"
    assert all(fact["source"] and fact["at"] for fact in reply["evidence"])


def test_choices_stand_in_the_text_and_their_numbers_are_answers(chat: Chat) -> None:
    assert "1. Where is my order?" in words(chat.tell(say="hello", as_="c_ruth"))
    listed = words(chat.tell(say="1", as_="c_ruth")).splitlines()
    assert [line[:7] for line in listed[1:]] == ["1. #K-1", "2. #K-1"]
    second = listed[2].removeprefix("2. ").split(" ")[0]
    assert second in words(chat.tell(say="2", as_="c_ruth"))


def test_nobody_says_again_who_they_are_after_a_solved_question(chat: Chat) -> None:
    assert "solve" in words(chat.tell(say=f"where is my order K-12? {RUTH}"))
    chat.tell(say="yes")
    assert "K-12" in words(chat.tell(say="and where is it now?"))


def test_who_changes_the_wish_is_asked_who_they_are_in_other_words(chat: Chat) -> None:
    asked = [words(chat.tell(say=each)) for each in ("where is my order", "i want a refund", "cancel it then")]
    assert len(set(asked)) == len(asked)
    assert all("e-mail" in each or "these two" in each for each in asked)


def test_a_number_that_answers_nothing_is_not_taken_for_a_button(chat: Chat) -> None:
    chat.tell(say="where is my order K-12?", as_="c_ruth")
    assert chat.tell(say="1", as_="c_ruth")["handoff"] is None


@pytest.mark.parametrize("name", ["a-1", 7, 0, "", None, {"n": [1]}], ids=repr)
def test_id_is_echoed_as_it_came(chat: Chat, name: object) -> None:
    assert [chat.tell(**line, id=name)["id"] for line in ({"say": "hello"}, {"advance": "PT1M"}, {"say": 5})] == [
        name
    ] * 3
    assert chat.tell(reset=True, id=name) == {**EMPTY, "id": name}


def test_no_id_comes_back_where_none_was_given(chat: Chat) -> None:
    assert "id" not in chat.tell(say="hello")


def test_unknown_keys_are_ignored(chat: Chat) -> None:
    assert words(chat.tell(say=f"where is my order K-12? {RUTH}", mood="sunny", customer={"id": "c_seb"}))


BROKEN = [
    b"",
    b"   ",
    b"{",
    b'{"say": "hello"',
    b"[1, 2]",
    b'"hello"',
    b"null",
    b"{}",
    b"\xff\xfe",
    b'{"say": 5}',
    b'{"say": ""}',
    b'{"say": "\\ud800"}',
    b'{"say": "hello", "via": "fax"}',
    b'{"say": "hello", "attach": 5}',
    b'{"say": "hello", "auth": "maybe"}',
    b'{"advance": 5}',
    b'{"advance": "tomorrow"}',
    b'{"advance": "-PT1H"}',
    b'{"advance": "P99999999999D"}',
]


@pytest.mark.parametrize("line", BROKEN, ids=repr)
def test_broken_line_gives_one_error_line_and_the_talk_goes_on(chat: Chat, line: bytes) -> None:
    assert list(chat.raw(line)) == ["error"]
    assert "out for delivery" in words(chat.tell(say=f"where is my order K-12? {RUTH}"))


def test_advance_moves_the_clock(chat: Chat) -> None:
    chat.tell(say=f"where is my order K-12? {RUTH}")
    assert chat.tell(advance="PT26H") == EMPTY
    assert "no scan" in words(chat.tell(say="where is my order?"))


def test_reset_forgets_the_talk_the_proof_and_what_was_done(chat: Chat) -> None:
    returned(chat)
    assert chat.tell(reset=True) == EMPTY
    assert "K-11" not in words(chat.tell(say="where is my order?"))
    returned(chat)


def test_reset_goes_back_to_the_first_moment(chat: Chat) -> None:
    chat.tell(advance="P3D")
    chat.tell(reset=True)
    assert "end of the day" in words(chat.tell(say=f"where is my order K-12? {RUTH}"))


def returned(chat: Chat) -> tuple[Answer, Answer]:
    """A return of one scarf: the line that proposes it and the line that does it."""
    chat.tell(say=f"I want to return one scarf of order K-11. {RUTH}")
    chat.tell(say="I changed my mind")
    return chat.tell(say="a refund please"), chat.tell(say="yes")


def test_proposal_is_listed_before_the_yes_and_the_action_after_it(chat: Chat) -> None:
    proposing, doing = returned(chat)
    (proposed,) = proposing["proposed"]
    wanted = {"name": "start_return", "lines": [{"sku": "SCARF-RED", "quantity": 1}], "method": "original"}
    assert wanted.items() <= proposed.items()
    assert proposed["order"].lstrip("#") == "K-11"
    assert proposing["actions"] == []
    assert doing["actions"] == [proposed]
    assert doing["proposed"] == []


def test_a_second_yes_does_nothing_again(chat: Chat) -> None:
    returned(chat)
    assert chat.tell(say="yes")["actions"] == []


def test_refused_attempt_is_no_action(chat: Chat) -> None:
    chat.tell(say=f"I want to return order K-12. {RUTH}")
    answer = chat.tell(say="I changed my mind")
    assert (answer["actions"], answer["proposed"]) == ([], [])


def test_handoff_is_an_object_with_its_reason(chat: Chat) -> None:
    assert chat.tell(say="let me talk to a human please")["handoff"] == {"reason": "requested"}


def test_as_is_a_customer_with_a_valid_identity_token(chat: Chat) -> None:
    assert "Friday, March 19" in words(chat.tell(say="where is my order?", as_="c_seb"))


def test_as_shows_nobody_elses_order(chat: Chat) -> None:
    answer = words(chat.tell(say="where is my order K-13?", as_="c_ruth"))
    assert "March 19" not in answer
    assert "prepared" not in answer


@pytest.mark.parametrize(("auth", "is_seen"), [("pass", True), ("fail", False), ("none", False)])
def test_only_authenticated_mail_proves_its_address(chat: Chat, auth: str, is_seen: bool) -> None:
    answer = chat.tell(say="where is my order K-13?", via="email", from_="seb@aldous.example", auth=auth)
    assert ("March 19" in words(answer)) is is_seen


def test_whatsapp_number_proves_its_orders(chat: Chat) -> None:
    assert "March 19" in words(chat.tell(say="where is my order K-13?", via="whatsapp", from_="+447700900301"))


@pytest.mark.parametrize("via", ["widget", "voice"])
def test_widget_and_voice_prove_nothing(chat: Chat, via: str) -> None:
    answer = words(chat.tell(say="where is my order K-13?", via=via, from_="+447700900301"))
    assert "March 19" not in answer


def test_profile_name_proves_nothing(chat: Chat) -> None:
    answer = words(chat.tell(say="where is my order K-13? LS1 5HD", name="Seb Aldous", from_="visitor-9"))
    assert "March 19" not in answer


def test_two_visitors_are_two_conversations(chat: Chat) -> None:
    chat.tell(say=f"where is my order K-12? {RUTH}", from_="visitor-a")
    assert "K-12" not in words(chat.tell(say="where is my order?", from_="visitor-b"))
    assert "K-12" in words(chat.tell(say="where is my order?", from_="visitor-a"))


def test_via_and_from_of_the_command_line_are_the_default(tmp_path: Path) -> None:
    with Chat(tmp_path, "--via", "whatsapp", "--from", "+447700900301") as chat:
        assert "March 19" in words(chat.tell(say="where is my order?"))


def test_nothing_but_answers_goes_to_stdout_and_the_end_is_clean(tmp_path: Path) -> None:
    with Chat(tmp_path) as chat:
        for line in ({"say": "hello"}, {"say": 5}, {"advance": "PT1H"}, {"reset": True}):
            chat.tell(**line)
        assert chat.end() == (b"", 0)


def test_bad_orders_file_is_one_clear_line_on_stderr(tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"id": "x"}\n', encoding="utf-8")
    command = [sys.executable, "-m", "server", "chat", "--json", "--orders", str(bad)]
    done = subprocess.run(command, input=b"", capture_output=True, cwd=Path(__file__).parents[2], timeout=30)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"bad.jsonl, line 1" in done.stderr
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("where is my order ", "more than 4000 characters"),
        ("¿dónde está mi pedido? ", "más de 4000 caracteres"),
        ("où est ma commande ? ", "plus de 4000 caractères"),
        ("wo ist meine Bestellung? ", "mehr als 4000 Zeichen"),
        ("onde está o meu pedido? ", "mais de 4000 caracteres"),
    ],
)
def test_a_message_that_is_too_long_is_told_so_kindly(words: str, said: str, chat: Chat) -> None:
    answer = chat.tell(say=words * 400)

    assert said in answer["replies"][0]["text"]
    assert answer["actions"] == [] and "error" not in answer
    assert chat.tell(say="hello")["replies"]
