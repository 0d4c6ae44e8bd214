"""The policy file: what loads, what is refused with which sentence, and what a loaded policy says of itself."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
import yaml

from server.errors import PolicyError
from server.policies.actions import ACTIONS
from server.policies.conditions import NAMES
from server.policies.file import Policy, default_text, describe, load, loads, warnings

CORPUS = [
    ("outcomes: {refund: {window_days: -1}}", "outcomes.refund.window_days is -1: it must be 0 or more."),
    ("outcomes: {refund: {window_days: soon}}", 'outcomes.refund.window_days cannot be "soon": it is a whole number'),
    ("outcomes: {refnd: {window_days: 3}}", 'outcomes.refnd is not a key of the policy file: did you mean "refund"?'),
    ("refunds: 3", "refunds is not a key of the policy file"),
    ("fees: {restocking: [{bp: 10001}]}", "fees.restocking[0].bp is 10001: it must be 10000 or less."),
    ("fees: {restocking: [{tags: [a]}]}", "fees.restocking[0].bp is missing."),
    ("fees: {}\nfees: {}", "fees is given twice (again in line 2)."),
    ("vip: {tags: [a], tags: [b]}", "tags is given twice"),
    ('zones: [{id: a, match: {country: [US]}}]', "zones: not every country reaches a zone"),
    ('zones: [{id: a, match: {country: ["*"]}}, {id: b, match: {country: [US]}}]', "never reached"),
    ('zones: [{id: a, match: {country: [US]}}, {id: a, match: {country: ["*"]}}]', 'Two zones have the id "a".'),
    ('zones: [{id: a, match: {country: [NO, "*"]}}]', "was read as false: put quotes around it"),
    ('zones: [{id: a, match: {country: [Norway, "*"]}}]', "write two capital letters, like DE."),
    ('zones: [{id: a, match: {country: ["*"]}, law: euu}]', 'did you mean "eu"?'),
    ('zones: [{id: a, match: {country: ["*"]}, law: eu}]\noutcomes: {refund: {window_days: 7}}', "floor is 14 days"),
    ("laws: {eu: {withdrawal_days: 7}}", "laws.eu undercuts the statutory floor"),
    ("laws: {uk: {applies: never}}", "laws.uk undercuts the statutory floor"),
    ("laws: {eu: {refund_within_days: 30}}", "laws.eu.refund_within_days undercuts"),
    ("laws: {eu: {exempt: [final_sail]}}", 'did you mean "final_sale"?'),
    ("flags: {final_sale: {except: [fault]}}", "flags.final_sale.except leaves out statutory"),
    ("flags: {final_sale: {except: [statutory]}}", "flags.final_sale.except leaves out fault"),
    ('approval: [{when: "refund > 1", need: boss}]', 'approval[0].need cannot be "boss"'),
    ('approval: [{when: "refnd > 1", need: agent}]', 'uses the unknown name "refnd"; did you mean "refund"?'),
    ('approval: [{when: "refund > 1.5", need: agent}]', "may hold only whole numbers"),
    ('approval: [{when: "refund", need: agent}]', "not something that can be true or false"),
    ('approval: [{when: "refund > vip", need: agent}]', "compares unlike things"),
    ('approval: [{when: "verdict > review", need: agent}]', "can only ask == or != of words"),
    ("approval: [{when: \"verdict == 'maybe'\", need: agent}]", "knows the verdicts allow, deny and review"),
    ('approval: [{when: "__import__(1)", need: agent}]', "may use only names, whole numbers, comparisons"),
    ('approval: [{when: "vip.real > 1", need: agent}]', "may use only names, whole numbers, comparisons"),
    ('approval: [{when: "refund > ", need: agent}]', "cannot be read"),
    ('approval: [{id: x, when: vip, need: agent}, {id: x, when: vip, need: agent}]', 'rules have the id "x".'),
    ("identity: {write: {any_of: []}}", "identity.write.any_of is empty"),
    ("identity: {write: {any_of: [[]]}}", "everybody could do it without any proof"),
    ("identity: {read_order: {any_of: [[order_number]]}}", "order numbers can be guessed"),
    ("identity: {write: {any_of: [[emial]]}}", 'did you mean "email"?'),
    ("identity: {cancel_order: {any_of: [[otp]], order_total_over: 1}}", "write it under identity.step_up"),
    ("identity: {step_up: {order_total_over: 200.00}}", "identity.step_up.order_total_over"),
    ("identity: {step_up: {order_total_over: -1}}", "it must be 0 or more"),
    ("identity: {cancel_ordr: {any_of: [[otp]]}}", 'did you mean "cancel_order"?'),
    ("actions: {cancel_ordr: {}}", 'did you mean "cancel_order"?'),
    ("actions: {cancel_order: {states: [pending]}}", 'actions.cancel_order.states[0] cannot be "pending"'),
    ("actions: {cancel_order: {states: sometimes}}", "cannot be"),
    ("actions: {cancel_order: {refund_to: [orignal]}}", 'did you mean "original"?'),
    ("actions: {cancel_order: {refund_to: []}}", "money could go nowhere"),
    ("actions: {change_items: {times: -1}}", "actions.change_items.times is -1"),
    ("human_only: [legl]", 'did you mean "legal"?'),
    ("holiday: {placed_from: 2026-12-24, placed_to: 2026-11-01, window_until: 2027-01-31}", "is after"),
    ("holiday: {placed_from: 2026-11-01, placed_to: 2026-12-24, window_until: 2026-12-01}", "shorten the window"),
    ("holiday: {placed_from: soon, placed_to: 2026-12-24, window_until: 2027-01-31}", "must be a date"),
    ("currency: usd", "three capital letters"),
    ("defaults: {tz: Mars/Olympus}", "no such time zone"),
    ("tenders: {order: [card, card]}", "tenders.order names card twice."),
    ("instant_refund: {max: 50.00}", "instant_refund.max must be a whole number"),
    ("vip: {free_label: 1}", "vip.free_label must be true or false"),
    ("fault: 3", "fault must be a table of keys, not 3."),
    ("[1, 2]", "must be a table of keys"),
    ("actions: {cancel_order: {states: []}}", "actions.cancel_order.states is empty"),
    ("actions: {cancel_order: {reasons: []}}", "actions.cancel_order.reasons is empty"),
    ("actions: {cancel_order: {reasons: [late, Late]}}", 'actions.cancel_order.reasons names "late" twice'),
    ("a: [", "is not YAML"),
    ("x: !!python/object/apply:os.system [ls]", "is not YAML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), CORPUS)
def test_a_mistake_is_refused_with_its_sentence(text: str, sentence: str) -> None:
    with pytest.raises(PolicyError) as refused:
        loads(text)
    assert any(sentence in problem for problem in refused.value.problems), refused.value.problems


def test_all_mistakes_are_told_at_once() -> None:
    text = "currency: usd\nouctomes: {}\nholiday: 3\nhuman_only: [legl]\nfees: {restocking: [{bp: 20000}]}"
    with pytest.raises(PolicyError) as refused:
        loads(text)
    assert len(refused.value.problems) == 5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing but a remark",
        "outcomes: {refund: {window_days: unlimited}}",
        "holiday: null",
        "flags: {hygiene: null, sealed_media: null, digital: null, custom: null, perishable: null, gift_card: null}\n"
        "laws: {eu: {exempt: [], ask_person: []}, uk: {exempt: [], ask_person: []}, us_ca_strict: {exempt: []}}",
        "approval: []",
        "actions: {cancel_order: {states: any, reasons: [no longer needed, ordered by mistake]}}",
        "outcomes: {refund: {window_days: 7}}",
        "version: 2026-11-01",
        "zones: [{id: a, match: {country: [\"NO\", \"*\"]}, outcomes: {refund: {window_days: 14}}}]",
    ],
)  # fmt: skip
def test_what_is_right_loads(text: str) -> None:
    assert loads(text).currency == "USD"


def test_what_a_file_leaves_out_is_the_defaults() -> None:
    mine = loads("outcomes: {refund: {window_days: 60}}")
    shipped = Policy.default()
    assert (mine.outcomes.refund.window_days, mine.outcomes.refund.label) == (60, shipped.outcomes.refund.label)
    assert mine.identity == shipped.identity


def test_a_list_replaces_the_whole_list() -> None:
    assert loads("human_only: [legal]").human_only == ("legal",)


def test_a_zones_own_outcomes_are_completed() -> None:
    text = 'outcomes: {refund: {window_days: 20}}\nzones: [{id: a, match: {country: ["*"]}, outcomes: {credit: {window_days: 9}}}]'
    own = loads(text).zones[0].outcomes
    assert own is not None
    assert (own.refund.window_days, own.credit.window_days, own.credit.bonus_bp) == (20, 9, 1000)


def test_a_file_without_a_version_is_named_by_its_content() -> None:
    mine = loads("outcomes: {refund: {window_days: 60}}")
    assert mine.version == f"file-{mine.hash[:8]}"


def test_remarks_and_order_of_keys_do_not_change_the_hash() -> None:
    one = loads("vip: {extra_days: 3}\nholiday: null")
    other = loads("# a remark\nholiday: null\nvip:\n  extra_days: 3\n")
    assert one.hash == other.hash


def test_one_changed_value_changes_the_hash() -> None:
    assert loads("vip: {extra_days: 3}").hash != loads("vip: {extra_days: 4}").hash


def test_the_shipped_text_given_back_is_the_shipped_policy(tmp_path: Path) -> None:
    written = tmp_path / "policy.yaml"
    written.write_text(default_text(), encoding="utf-8")
    assert load(written) == Policy.default()


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read"):
        load(tmp_path / "none.yaml")


def test_the_shipped_file_names_every_key() -> None:
    tree = yaml.safe_load(default_text())
    assert set(tree) == {name for name, one in Policy.__dataclass_fields__.items() if one.init}


def test_the_shipped_file_rules_every_action_that_writes() -> None:
    assert set(Policy.default().actions) == set(ACTIONS) - {"notify_when", "verify_identity", "hand_off"}


def test_the_shipped_policy_warns_only_of_the_missing_review() -> None:
    assert [warning.split(" ")[0] for warning in warnings(Policy.default())] == ["reviewed_by"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("identity: {read_order: {any_of: [[email]]}}", "identity.read_order accepts email"),
        ("identity: {write: {any_of: [[name, zip]]}}", "identity.write accepts name + zip"),
        ("human_only: []", "human_only leaves out legal"),
        ("approval: []", "no amount needs a person"),
        ("limits: {stop_all: true}", "limits.stop_all is true"),
        ("actions: {change_items: {times: 0}}", "actions.change_items.times is 0"),
        ("actions: {cancel_order: {scope: same_product}}", "actions.cancel_order.scope has no meaning"),
        ("outcomes: {refund: {window_days: 7}}", 'is 7 in the zone "eu"'),
    ],
)
def test_what_is_unwise_is_warned_of(text: str, sentence: str) -> None:
    assert any(sentence in warning for warning in warnings(loads(text)))


@pytest.mark.parametrize(
    "sentence",
    [
        "A refund is possible within 30 days, counted from when it was delivered; $4.99 is taken off",
        "cancel_order is possible while the order is unfulfilled or on hold or scheduled; only the whole order,",
        "start_return is possible while the order is delivered; money goes to how it was paid or a gift card on file, as",
        "By itself the assistant pays out at most $2,000.00 a day, and 2 refund(s) a customer in 30 days.",
        "To see an order: the order number and the e-mail address; or",
        "When refund > 50000: an admin and one more must agree.",
        "Orders placed from 2026-11-01 to 2026-12-24 may come back until 2027-01-31.",
        "not reviewed by counsel",
    ],
)
def test_the_policy_tells_itself_in_plain_words(sentence: str) -> None:
    assert sentence in "\n".join(describe(Policy.default()))


PAGE = (Path(__file__).parents[3] / "docs" / "policy.md").read_text(encoding="utf-8")


def _keys(shape: object) -> Iterator[str]:
    """The keys of a section and of the tables in it, as a file writes them."""
    if is_dataclass(shape) and isinstance(shape, type):
        hints = get_type_hints(shape)
        for one in (one for one in fields(shape) if one.init):
            yield one.name.rstrip("_")
            yield from _keys(hints[one.name])
    for inner in get_args(shape):
        yield from _keys(inner)


@pytest.mark.parametrize("key", sorted(set(_keys(Policy))))
def test_every_key_is_explained_to_the_operator(key: str) -> None:
    assert f"`{key}`" in PAGE


def test_every_example_of_the_page_loads() -> None:
    for example in PAGE.split("```yaml\n")[1:]:
        assert loads(example.partition("```")[0]).hash != Policy.default().hash


@pytest.mark.parametrize("name", sorted(NAMES) + sorted(ACTIONS))
def test_every_name_is_on_the_page(name: str) -> None:
    assert name in PAGE
