"""Makes one ranked list of intents out of what the clauses of a message ask for, and tells when to ask back."""

# ruff: noqa: SIM905 (word lists are read as words)

import re
from collections.abc import Sequence
from dataclasses import dataclass

from server.answering.understand import glossary, head, language, rules
from server.answering.understand.concepts import ideas_of
from server.answering.understand.normalise import fold, mask, words
from server.answering.understand.scoring import Part
from server.answering.understand.shape import COURTESIES, Entities, Intent, IntentScore

_BARE_CONFIDENCE = 0.4
_NOTHING_CONFIDENCE = 0.5
_MAX_INTENTS = 5
_SHORT = 4
_COURTESY_IDEAS: dict[Intent, str] = {"greeting": "hello", "thanks": "thanks", "goodbye": "bye"}
_COURTESY_SIGNS: dict[Intent, re.Pattern[str]] = {
    "thanks": re.compile(
        r"\b(?:grateful|appreciat\w*|kind of you|bless|lifesaver|you(?:'re| are) (?:the best|a star)|(?:agradec|agradez)\w*|amable"
        r"|reconnaissant\w*|remerci\w*|gentil\w*|sympa|dankbar\w*|(?:lieb|nett) von|geholfen|grat[oa]s?|gentileza|atenciosos?"
        r"|meherbani|(?:bahut|badi) madad)\b"
    ),
    "goodbye": re.compile(
        r"\b(?:that'?s (?:all|it|everything)|all for (?:now|today)|later|take care|good ?night|have a|speak soon|off to bed"
        r"|(?:es|seria|era) todo|hasta|cuid(?:ate|ense|e)|buenas noches|feliz|tout pour"
        r"|on se (?:reparle|recontacte|tient)|bonne|a plus|je file"
        r"|das (?:war'?s|wars|ware)|bis (?:dann|dahin|spater|morgen|bald)"
        r"|schone[ns]? (?:tag|abend|wochenende|feierabend)|gute nacht|mach'?s gut"
        r"|(?:so|era) isso|e tudo|ate (?:mais|logo|breve)|se cuida|boa noite|bom (?:dia|fim)|phir (?:mil\w*|baat)|baad me(?:in)? baat"
        r"|chalt[ai] h\w*|milte h\w*)\b"
    ),
}
"""Words that say the same only among others: no ideas, since they mean much else."""
_NOT_LETTERS = re.compile(r"[^\w']+|_")
_PROOF_WORDS = frozenset(
    """live in living here's heres full last account under registered zipcode postcode
    xmail xorder xlong xcode order number no nr my is it it's its the email e mail and zip code name phone at dot com
    i'm im i am mean meant this meinte quise decir voulais dire quis dizer matlab pedido numero mi es el y me llamo nombre soy codigo postal
    correo commande mon est le la et je m'appelle suis nom bestellung nummer meine mein ist und die ich heisse bin plz
    postleitzahl meu o e chamo nome sou cep hi hello hola bonjour
    hallo sure ok here yes""".split()
)
_EMPTY_WORDS = frozenset(
    """a about again also an and any anything are be but can could do does for from get got had has have i
    i'm in is it it's its just know like me mine my no now of oh ok okay on one or other please pls regarding
    same so some something sorry still sure tell that that's the then these thing things this those to too um want was well
    what what's whats with would yes yet you your
    algo asi bueno como con de del ea el ella en eso esta este esto ese hay la lo los me mi oiga otra otro para
    pero por pues que si sobre solo tengo un una y ya
    alors au aussi autre avec ca ce cela cette chose dans de des du en encore est et fait il j'ai je la le les ma mais me
    mon oui ou par pour puis que quelque qui sur un une
    aber ach also auch bitte da das dem den der die doch eine einen es etwas hab habe ich in ist ja mal mein
    meine mir mit nochmal nun oder sache so um und von was wegen zu zum zur
    ai ainda alguma algo as coisa com da de do e ela ele em essa esse esta este isso isto ja la ma mais meu minha na nao no
    o os ou outra outro para pergunta pois por que sim sobre tenho um uma
    aur bas bhai ek haan hai hmm ji ka ki ko kya kuch mera mere meri mujhe tha to toh wo woh yaar ye yeh""".split()
)
"""Words that name no subject: a message of nothing else cannot be understood by itself."""
_BEYOND_DOUBT = 0.988
"""What the heads score so high needs neither known words nor lines like it."""
_HELPLESS_WORDS = _EMPTY_WORDS | frozenset(
    """help should next how hago hacer puedo debo ayuda ayudar ayudarme peux dois faire aide aider m'aider aidez kann kannst konnen soll tun
    machen helfen hilfe posso devo fazer faco ajuda ajudar karu karna karun""".split()
)
"""With those of somebody at a loss: "what can I do now?" says nothing beside what the trouble is."""
_SHADOWS: tuple[tuple[Intent, Intent], ...] = (
    ("delivery_problem", "order_status"),
    ("refund_status", "refund_request"),
    ("refund_status", "return"),
    ("subscription", "cancel"),
    ("order_status", "delivery_problem"),
    ("exchange", "return"),
    ("damaged_or_wrong_item", "delivery_problem"),
)
"""(sure, shadow): words that make the first certain also look like the second."""


def asking(parts: list[Part], named: Entities) -> list[Part]:
    """The clauses that ask for something: not those that only say who somebody is, nor courtesies beside others."""
    kept = [part for part in parts if not _is_only_proof(part, named)] or parts
    told = [part for part in kept if part.tokens and not set(part.sure) & COURTESIES]
    told = [part for part in told if not all(word in _HELPLESS_WORDS for word in part.tokens)] or told
    return told or [part for part in kept if part.tokens]


def turned_down(parts: Sequence[Part], told: Sequence[Part]) -> set[Intent]:
    """What some clause turns down and none asks for."""
    negated = {name for part in parts for name in part.negated}
    return negated - {name for part in told for name in (*part.sure, *part.named)}


@dataclass(frozen=True, slots=True)
class Ranked:
    """What a message asks for, best first and never empty. `abstain` = nobody should rely on it without asking.

    `runner_up` is what it would be if the first is wrong, out of scope and courtesies too: no wish of its own."""

    intents: tuple[IntentScore, ...]
    abstain: bool = False
    runner_up: IntentScore | None = None


def rank(folded: str, parts: list[Part], told: list[Part], whole: Part | None, named: Entities, code: str) -> Ranked:
    """`folded` is the whole message, `told` its `asking` clauses, `whole` those read as one where there are several."""
    courtesy = rules.courtesy(folded)
    if courtesy is not None:
        return Ranked((IntentScore(courtesy, rules.CONFIDENCE),))
    if _is_bare_proof(parts, named):
        return Ranked((IntentScore("order_status", _BARE_CONFIDENCE),), abstain=True)
    scores = _merge(parts, told, whole)
    if not scores or all(word in _EMPTY_WORDS for part in told for word in part.tokens):
        return Ranked((IntentScore("other", _NOTHING_CONFIDENCE),), abstain=True)
    first = max(scores, key=lambda name: _weight(name, scores))
    abstain = first == "other" or code not in language.SUPPORTED or _is_unsure(first, scores, told)
    listed = _listed(first, scores, told, abstain)
    chances = (whole or told[0]).scores
    possible = {name: chances[name] for name in chances.keys() - turned_down(parts, told)}
    return Ranked(listed, abstain, _runner_up(listed, possible, abstain))


def _is_bare_proof(parts: list[Part], named: Entities) -> bool:
    """Only an order number, an address or a name: an answer to some question, or "how about this one?"."""
    proofs = (named.order_number, named.email, named.tracking_number, named.phone, named.names and named.zips)
    return any(proofs) and _only_proves(parts, named)


def _is_only_proof(part: Part, named: Entities) -> bool:
    return bool(part.tokens) and not part.negated and _only_proves([part], named)


def _only_proves(parts: list[Part], named: Entities) -> bool:
    """Clauses that say who somebody is or which order they mean, and ask for nothing."""
    own = {word for name in (*named.names, *named.email) for word in _NOT_LETTERS.split(fold(name))}
    read = [word for part in parts for word in part.tokens]
    written = [word for part in parts for word in words(mask(part.folded))]  # a Brook is no mistyped book
    return any(
        not {each for each in said if not re.search(r"\d", each)} - own - _PROOF_WORDS for said in (read, written)
    )


def _merge(parts: list[Part], told: list[Part], whole: Part | None) -> dict[Intent, float]:
    """One score an intent out of all clauses: what rules are sure of, then what heads and clauses agree on."""
    scores = _together(parts, told, whole)
    for part in told:
        for name in part.sure:
            if name not in COURTESIES:
                scores[name] = max(scores.get(name, 0.0), rules.CONFIDENCE)
    return _without_shadows(scores)


def _together(parts: list[Part], told: list[Part], whole: Part | None) -> dict[Intent, float]:
    if not told:
        return {}
    if whole is None:
        unmeant = turned_down(parts, told) | _unspoken_courtesies(told[0].tokens)
        return {name: score for name, score in told[0].scores.items() if name not in unmeant}
    best = {name: max((part.scores.get(name, 0.0) for part in told), default=0.0) for name in whole.scores}
    leading = {max(part.scores, key=lambda name: part.scores[name]) for part in told if part.scores}
    return {
        name: 0.4 * score + 0.6 * best[name] if name in leading else min(score, best[name])
        for name, score in whole.scores.items()
    }


def _unspoken_courtesies(tokens: list[str]) -> set[Intent]:
    """Courtesies that a longer clause holds no word of: a guess by the shape of other words."""
    if len(tokens) <= _SHORT:
        return set()
    said = {idea for token in tokens for idea in ideas_of(token)}
    text = " ".join(tokens)
    return {
        name
        for name, idea in _COURTESY_IDEAS.items()
        if idea not in said and not (name in _COURTESY_SIGNS and _COURTESY_SIGNS[name].search(text))
    }


def _without_shadows(scores: dict[Intent, float]) -> dict[Intent, float]:
    sure = {name for name, score in scores.items() if score >= rules.CONFIDENCE}
    hidden = {shadow for name, shadow in _SHADOWS if name in sure and shadow not in sure}
    if sure:
        hidden |= {name for name in scores if name == "other" or name in COURTESIES} - sure
    if "delivery_problem" in sure:
        hidden.add("order_status")
    return {name: score for name, score in scores.items() if name not in hidden}


def _weight(name: Intent, scores: dict[Intent, float]) -> float:
    # A customer who is angry and asks for something is answered on what is asked for.
    return scores[name] * (0.75 if name == "complaint" else 1.0)


def _listed(first: Intent, scores: dict[Intent, float], told: list[Part], abstain: bool) -> tuple[IntentScore, ...]:
    """The first, then what else is asked for; when unsure, the runner-up, so that one question can name both."""
    also = min(part.limits.also for part in told)
    rest = sorted((name for name in scores if name not in (first, "other")), key=lambda name: -scores[name])
    kept = [name for name in rest if scores[name] >= also] or (rest[:1] if abstain else [])
    return tuple(IntentScore(name, scores[name]) for name in (first, *kept)[:_MAX_INTENTS])


def _runner_up(listed: Sequence[IntentScore], possible: dict[Intent, float], abstain: bool) -> IntentScore | None:
    """What is likeliest beside a single wish; beside a doubtful one, what nobody asks back about but is likelier than the second."""
    rest = possible.keys() - {each.name for each in listed}
    second = max(sorted(rest), key=lambda name: possible[name], default=None)
    if second is None or (len(listed) > 1 and not (abstain and possible[second] > listed[1].confidence)):
        return None
    return IntentScore(second, possible[second])


def _is_unsure(first: Intent, scores: dict[Intent, float], told: list[Part]) -> bool:
    if any(first in part.sure for part in told):
        return False
    lead = max(told, key=lambda part: part.scores.get(first, 0.0))
    limits = lead.limits
    if scores[first] >= _BEYOND_DOUBT:
        return False
    if scores[first] < limits.accept or not _is_like_lines(lead, told):
        return True
    # With several clauses a close second is a second request, unless it says that none of this is ours.
    rivals = [scores[name] for name in scores if name != first and (name == "other" or len(told) == 1)]
    return bool(rivals) and scores[first] - max(rivals) < limits.margin


def _is_like_lines(lead: Part, told: list[Part]) -> bool:
    """Whether the heads know such messages at all: by the words, and by nearness where that was asked for."""
    if lead.is_understood and not lead.is_near:
        return False
    written = [word for part in told for word in glossary.worded(words(mask(part.folded)), part.said.language).tokens]
    return head.load().words.known_share(written) >= lead.limits.known
