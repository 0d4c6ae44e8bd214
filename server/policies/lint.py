"""What a policy may not say, and what it had better not say, in sentences for the operator.

`problems` stop the start; `warnings` are shown by `doctor`. Both read a complete policy; neither changes it.
"""

import zoneinfo
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from server.errors import PolicyError
from server.policies import conditions
from server.policies.actions import ACTIONS, REFUND_TARGETS
from server.policies.shape import ActionRule, Law, Policy, Proofs, Zone

NEVER_LEAVE_OUT = ("legal", "safety", "chargeback")


def problems(policy: Policy, given: Mapping[str, object]) -> list[str]:
    """Every contradiction in `policy`; `given` is what the file itself wrote, before the default filled it up."""
    return [
        *_basics(policy),
        *_zones(policy),
        *_seasons(policy),
        *_approvals(policy),
        *_identity(policy),
        *_actions(policy),
        *_flags(policy),
        *_laws(policy),
        *(_short_windows(policy) if "zones" in given else ()),
    ]


def warnings(policy: Policy) -> tuple[str, ...]:
    """What is allowed but unwise, one sentence each."""
    shipped = Policy.default()
    found = [
        *_unreviewed(policy),
        *_weaker(policy.identity, shipped.identity),
        *_left_to_the_assistant(policy),
        *_meaningless(policy.actions, shipped.actions),
        *_stopped(policy),
        *_short_windows(policy),
    ]
    return tuple(found)


def _basics(policy: Policy) -> Iterator[str]:
    if len(policy.currency) != 3 or not policy.currency.isalpha() or not policy.currency.isupper():
        yield f'currency is "{policy.currency}": it must be a code of three capital letters, like USD.'
    try:
        zoneinfo.ZoneInfo(policy.defaults.tz)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        yield f'defaults.tz is "{policy.defaults.tz}": no such time zone; write one like America/New_York.'
    if not policy.version.strip():
        yield "version is empty: every decision records it."
    yield from _twice(policy.tenders.order, "tenders.order names {} twice.")


def _twice(names: Iterable[str], sentence: str) -> Iterator[str]:
    yield from (sentence.format(name) for name, count in Counter(names).items() if count > 1)


def _zones(policy: Policy) -> Iterator[str]:
    yield from _twice((zone.id for zone in policy.zones), 'Two zones have the id "{}".')
    caught = False
    for zone in policy.zones:
        if caught:
            yield f'zones: "{zone.id}" stands after the zone that takes every country and is never reached.'
        caught = caught or ("*" in zone.match.country and not zone.match.region)
        yield from _zone(zone, policy.laws)
    if not caught:
        yield 'zones: not every country reaches a zone; end with {id: rest, match: {country: ["*"]}, verdict: review}.'


def _zone(zone: Zone, laws: Mapping[str, Law]) -> Iterator[str]:
    if not zone.match.country:
        yield f'zones: "{zone.id}" names no country.'
    for code in zone.match.country:
        if code != "*" and (len(code) != 2 or not code.isalpha() or not code.isupper()):
            yield f'zones: "{zone.id}" names the country "{code}": write two capital letters, like DE.'
    if zone.law not in laws:
        yield f'zones: "{zone.id}" has the law "{zone.law}", which is not under laws{_near(zone.law, laws)}'


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f'; did you mean "{near[0]}"?' if near else "."


def _seasons(policy: Policy) -> Iterator[str]:
    season = policy.holiday
    if season and season.placed_from > season.placed_to:
        yield "holiday.placed_from is after holiday.placed_to."
    if season and season.window_until < season.placed_to:
        yield "holiday.window_until is before holiday.placed_to: the season would shorten the window."


def _approvals(policy: Policy) -> Iterator[str]:
    yield from _twice((rule.id for rule in policy.approval if rule.id), 'Two approval rules have the id "{}".')
    for number, rule in enumerate(policy.approval):
        try:
            conditions.parse(rule.when)
        except PolicyError as error:
            yield f"approval[{number}].when {error.problems[0]}{'' if error.problems[0].endswith('?') else '.'}"


def _identity(policy: Policy) -> Iterator[str]:
    for name, proofs in policy.identity.items():
        if name not in ("read_order", "write", "step_up") and name not in ACTIONS:
            yield f"identity.{name} is no action{_near(name, [*ACTIONS, 'read_order', 'write', 'step_up'])}"
        if proofs.order_total_over is not None and name != "step_up":
            yield f"identity.{name}.order_total_over has no meaning here: write it under identity.step_up."
        if not proofs.any_of:
            yield f"identity.{name}.any_of is empty: nobody could ever do it. Switch an action off by enabled: false."
        if any(not words for words in proofs.any_of):
            yield f"identity.{name}.any_of holds an empty list: everybody could do it without any proof."
        if any(words == ("order_number",) for words in proofs.any_of):
            yield f"identity.{name}.any_of holds [order_number] alone: order numbers can be guessed."


def _actions(policy: Policy) -> Iterator[str]:
    for name, rule in policy.actions.items():
        if name not in ACTIONS:
            yield f"actions.{name} is no action{_near(name, ACTIONS)}"
        for target in rule.refund_to:
            if target not in REFUND_TARGETS:
                yield f'actions.{name}.refund_to names "{target}"{_near(target, REFUND_TARGETS)}'
        if not rule.refund_to:
            yield f"actions.{name}.refund_to is empty: money could go nowhere."
        if rule.states == ():
            yield f"actions.{name}.states is empty: it could never be done. Switch an action off by enabled: false."
        if rule.reasons == ():
            yield f"actions.{name}.reasons is empty: no reason would do. Write `any`, or switch it off by enabled: false."
        if "reasons" in ACTIONS.get(name, ()) and rule.reasons != "any":
            yield from _twice((each.casefold() for each in rule.reasons), f'actions.{name}.reasons names "{{}}" twice.')


def _flags(policy: Policy) -> Iterator[str]:
    always = {zone.id: policy.laws[zone.law] for zone in policy.zones if _grants(policy, zone)}
    for name, flag in policy.flags.items():
        if "fault" not in flag.except_:
            yield f"flags.{name}.except leaves out fault: no shop may refuse faulty goods because of a flag."
        held = [zone for zone, law in always.items() if name not in law.exempt]
        if "statutory" not in flag.except_ and held:
            yield f"flags.{name}.except leaves out statutory: it undercuts the law of {', '.join(held)}."


def _grants(policy: Policy, zone: Zone) -> bool:
    """Whether the zone's law gives a right of withdrawal to everyone."""
    return zone.law in policy.laws and policy.laws[zone.law].applies == "always"


def _laws(policy: Policy) -> Iterator[str]:
    """A statutory pack of the shipped file may be made kinder, never harder."""
    floor = SHIPPED_FLOOR
    for name, (days, refund_days) in floor.items():
        law = policy.laws.get(name)
        if law is None:
            continue
        if law.withdrawal_days < days or law.applies != "always":
            yield f"laws.{name} undercuts the statutory floor: withdrawal_days is {days} or more and applies is always."
        if law.refund_within_days > refund_days:
            yield f"laws.{name}.refund_within_days undercuts the statutory floor of {refund_days} days."
    for name, law in policy.laws.items():
        for flag in (*law.exempt, *law.ask_person):
            if flag not in policy.flags:
                yield f'laws.{name} names the flag "{flag}", which is not under flags{_near(flag, policy.flags)}'


SHIPPED_FLOOR: Mapping[str, tuple[int, int]] = {"eu": (14, 14), "uk": (14, 14)}
"""Days of withdrawal and of repayment: Directive 2011/83/EU articles 9 and 13; UK SI 2013/3134 regulations 30, 34."""


def _short_windows(policy: Policy) -> Iterator[str]:
    for zone in policy.zones:
        if not _grants(policy, zone):
            continue
        days = (zone.outcomes or policy.outcomes).refund.window_days
        floor = policy.laws[zone.law].withdrawal_days
        if isinstance(days, int) and days < floor:
            yield f'outcomes.refund.window_days is {days} in the zone "{zone.id}": the statutory floor is {floor} days.'


def _unreviewed(policy: Policy) -> Iterator[str]:
    if not policy.reviewed_by.strip():
        yield "reviewed_by is empty: nobody has confirmed the legal values. They are defaults, not legal advice."


def _weaker(mine: Mapping[str, Proofs], shipped: Mapping[str, Proofs]) -> Iterator[str]:
    for name, proofs in mine.items():
        floor = shipped.get(name, shipped["write"])
        for words in proofs.any_of:
            if not any(set(words) >= set(strong) for strong in floor.any_of):
                pair = " + ".join(words)
                yield f"identity.{name} accepts {pair}, which proves less than the shipped policy asks for."


def _left_to_the_assistant(policy: Policy) -> Iterator[str]:
    for reason in NEVER_LEAVE_OUT:
        if reason not in policy.human_only:
            yield f"human_only leaves out {reason}: the assistant would go on alone."
    if not policy.approval:
        yield "approval is empty: no amount needs a person."


def _stopped(policy: Policy) -> Iterator[str]:
    if policy.limits.stop_all:
        yield "limits.stop_all is true: the assistant does nothing in the shop, people do."
    for name, rule in policy.actions.items():
        if rule.enabled and rule.times == 0:
            yield f"actions.{name}.times is 0: it is never done. enabled: false says so plainly."


def _meaningless(mine: Mapping[str, ActionRule], shipped: Mapping[str, ActionRule]) -> Iterator[str]:
    plain = ActionRule()
    for name, rule in mine.items():
        for key in ActionRule.__dataclass_fields__:
            beside = shipped.get(name, plain)
            is_said = getattr(rule, key) != getattr(plain, key) and getattr(rule, key) != getattr(beside, key)
            if is_said and key not in ACTIONS.get(name, frozenset()):
                yield f"actions.{name}.{key} has no meaning for this action."
