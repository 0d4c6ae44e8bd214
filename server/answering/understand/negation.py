"""Takes out of a clause what the customer turns down: cue and scope, in six languages, on folded text.

"I don't want a refund", "no quiero que me devuelvan el dinero", "Swapping it is not an option": the wish is denied, and must
neither count as asked for nor be done. "I can't return it", "you never refunded me", "why don't you exchange it" deny
no wish. Knows no model.
"""

# ruff: noqa: E501 (a pattern is read whole, on one line)

import re
from collections.abc import Sequence
from dataclasses import dataclass

from server.answering.understand.normalise import fold
from server.answering.understand.shape import Intent

_WANTED: dict[Intent, str] = {
    "refund_request": (
        r"refund\w*|(?:my |the |your |any )?money back|reimburse\w*|reembols\w*|rembours\w*|(?:ruck|zuruck)?erstatt\w*|"
        r"(?:mein |das )?geld (?:wieder )?zuruck|dinero de vuelta|devolu?\w* (?:el |mi |o |meu )?din\w+ro|devuelv\w* (?:el |mi )?dinero|"
        r"devolucion del dinero|(?:o )?(?:meu )?dinheiro de volta|estorn\w*|paisa wapas|paise wapas"
    ),
    "return": (
        r"return(?:s|ed|ing)?|(?:send|sending|mail|give|giving|ship|shipping) (?:it|them|this|that|these|anything|the \w+) back|"
        r"devol(?:ver|vere|vo|vendo|ucion|ucao|va|van)(?:l[oa]s?)?|devuelv\w*|retour\w*|renvo\w*|zuruck(?:zu)?(?:schick|send|geb|bring)\w*|"
        r"ruckgabe|rucksend\w*|retoure\w*|retourn\w*|wapas"
    ),
    "exchange": (
        r"exchang\w*|swap\w*|replace(?:ment|d)?|another (?:one|size|colou?r|pair)|(?:a|the) new one|"
        r"cambio(?! de (?:la )?direccion)|cambien?|cambiar(?:l[oa]s?)?(?! (?:la |mi )?direccion)|otra talla|echang\w*|"
        r"umtausch\w*|austausch\w*|trocar?|troqu\w+|substitui\w*"
    ),
    "cancel": r"cancel\w*|annul\w*|(?:zu )?stornier\w*|stornierung|anul\w*|canceling",
    "human_request": (
        r"human|agent(?:s|en)?|(?:real )?person|representative|manager|call(?: me| from)?|phone call|(?:speak|talk|chat)\w* (?:to|with)(?! (?:a |the |your |this |any )?(?:bot|robot|machine|ai|chatbot|computer))|transfer me|put me through|"
        r"humano|persona|agente|humain|conseiller|mensch(?:en)?|mitarbeiter|atendente|pessoa"
    ),
    "change_address": (
        r"(?:chang|updat|edit)\w* (?:my |the |our )?(?:shipping |delivery )?address|(?:the |my )?address (?:changed|updated)|"
        r"address change|cambi\w* (?:la |mi |de )+direccion|chang\w* (?:l'|mon |d')adresse|adresse (?:zu )?ander\w*|adressanderung"
    ),
    "subscription": (
        r"(?:end|cancel|stop|paus|chang|skip)\w* (?:my |the |our )?(?:subscription|membership|plan)|a subscription|"
        r"my subscription(?=\W|$)|una? (?:suscripcion|assinatura)|un abonnement|ein(?:em|en)? abo\b|kein(?:en)? abo\b"
    ),
    "account": r"(?:delet|clos|remov|deactivat)\w* (?:my |the )?account|account (?:deleted|closed)",
    "warranty": r"warranty(?: claim)?|guarantee claim|garantia|garantie(?:fall)?",
    "complaint": r"complain\w*|queja\w*|quejar\w*|plainte|beschwer\w*|reclama\w*",
    "promo": r"discount|coupon|voucher|descuento|rabatt|gutschein|desconto|cupon|cupom|remise|bon d'achat",
}
_KEYWORDS = {intent: re.compile(rf"\b(?:{words})(?:\b|$)") for intent, words in _WANTED.items()}
_ANY = "|".join(_WANTED.values())
_SCOPE = 60
_STOP = (
    r"[,.;:!?()]| but | just | only | i want | i need | i'?d | instead(?! of)| please| how | what | where | can | so | and | cmt | comment | como | wie | je | puedo | posso | peux | pour "
    r"| pero | sino | solo | quiero | mais | seulement | je veux | sondern | nur | aber | ich will | ich mochte "
    r"| mas | so quero | quero | apenas | bas | sirf "
)
_NOT = (
    r"(?:do not|don'?t|did not|didn'?t|does not|doesn'?t|am not|i'?m not|im not|are not|aren'?t|not|never|no longer|"
    r"won'?t|will not|wouldn'?t|would not)"
)
_WANT = (
    r"(?:want(?:ed|ing)?|wanna|need(?:ed|ing)?|ask(?:ed|ing)?|look(?:ing)?|trying|going|gonna|plan(?:ning)?|request(?:ed|ing)?|"
    r"after|wish(?:ing)?|require|interested|here|writing|contacting|said|say|mean|meant|like|calling|seeking|demand(?:ing)?|keen|about)"
)
_THIS = r"(?:it|this|that|which|what i (?:want|need|ask for))"
_WISHES = (
    # English: the wish itself is denied
    rf"\b{_NOT} (?:really |actually |even |exactly |necessarily |at all )*{_WANT}\b",
    r"\b(?:no need (?:for|to|of)|forget (?:about )?(?:the|a)|never ?mind the)\b",
    r"\bwithout (?:asking|calling|involving|needing|going through|having to (?:ask|call|talk to|speak to))\b",
    r"\bno (?:intention|interest|desire|wish|plans?|reason|point) (?:of|to|for|in)\b",
    r"\b(?:rather|prefer) not(?: to)?\b",
    r"\bnot(?= (?:a|an|the|my|for|to|any)\b)",
    rf"\b{_THIS}(?:'?s| is| was)? ?(?:not|isn'?t|wasn'?t|ain'?t)(?: about)?(?: a| an| the| my| any)?\b",
    r"\b(?:i|we) (?:won'?t|will not)(?: be)?\b(?! (?:accept|wait|stop|rest|take|let|tolerate|hesitate|be (?:able|here|home)))",
    r"\b(?:i'?m|i am|we are|we'?re) not(?= (?:return|cancel|exchang|swap|complain|send|chang))",
    # Spanish, Portuguese
    r"\bno (?:te |le |les |lo |la |me )?(?:estoy )?(?:quiero|necesito|deseo|busco|buscando|pido|pidiendo|pedi|quisiera|queria|solicito|solicite|prefiero)\b",
    r"\b(?:no|nunca) (?:he|hemos) (?:pedido|solicitado|querido)\b|\bnunca (?:pedi|solicite|quise)\b",
    r"\bno (?:voy|vamos|pienso|hace falta|es necesari[oa]|se trata de|es (?:una?|ning\w+|por|para))\b|\bnada de\b|\bni\b",
    r"\b(?:nao|nunca) (?:estou (?:a )?)?(?:quero|preciso|desejo|pedi|pedindo|pedir|queria|gostaria|solicitei|vou|vamos|pretendo|e (?:uma?|por|para)|e|se trata de|ha necessidade de)\b",
    # French
    r"\b(?:ne |n')?(?:veux|voudrais|souhaite|demande|desire|cherche|voulais|vais|compte|est|ai) (?:surtout )?(?:pas|plus|rien|jamais)(?: (?:demande|voulu|un|une|de|du|le|la))?\b",
    r"\bpas (?:de |d'|un |une |le |la |du |besoin d[e'] ?|question d[e'] ?)|\b(?:inutile|hors de question) d[e']",
    # German
    r"\b(?:will|mochte|brauche|wollte|wunsche|verlange|suche) (?:\w+ ){0,3}?(?:keine?[nrsm]?|nicht|nichts)\b",
    r"\b(?:ich |wir )?(?:habe|hab|haben) (?:nicht|nie) (?:um |nach |eine |einen )*|\bes geht (?:mir )?nicht um\b|\bdas ist keine?\b|\bkeine?n? wunsch nach\b",
)
_INSTEAD = re.compile(
    r"\b(?:instead of|rather than|other than|as opposed to|without|en vez de|en lugar de|sin|em vez de|ao inves de|sem|au lieu d[e']|"
    rf"plutot qu[e']|sans|statt|anstatt|ohne) ?(?:(?:a|an|the|my|any|full|un|una|uma|la|le|el|o|du|eine[rnms]?|die|den|das) ){{0,2}}(?P<scope>{_ANY})\b"
)
_SCOPED = re.compile(rf"(?:{'|'.join(_WISHES)})(?P<scope>(?:(?!{_STOP}).){{0,{_SCOPE}}})")
_BARE = r"(?! (?:bekommen|erhalten|mila|aaya|received|yet|so far|policy|option|button|process|label|shows?|has|number|code|link|form|slip|sticker|address))"
_ORDERED = re.compile(
    r"(?<!you )(?<!they )(?<!why )(?<!we )(?<!it )(?<!who )(?<!\bque )\b(?:please |just |que (?=no me ))?"
    r"(?:do not|don'?t|dont|never|no (?:me |lo |la |nos |le )*|ne (?:m'|me |l'|le |la )?|n'|nao (?:me |o |a )?|nicht |mat )"
    r"\s?(?:ever |just |please |even |you dare |make me |issue |give |send |start |process |open |do |offer |put |me |my |a |an |any |the |one |it |us )*"
    rf"(?P<scope>{_ANY})\b{_BARE}"
)
_NONE = re.compile(
    rf"\b(?:no|keine?n?|nicht|kein|zero|pas d[e']) ?(?P<scope>{_ANY})\b"
    r"(?=\s*(?:,|\.|!|;|$|please|pls|just|only|thanks|needed|necessary|por favor|bitte|sondern|nur|s'il|juste))"
)
_DOING = re.compile(
    r"\bnot (?P<scope>returning|cancel+ing|exchanging|swapping|complaining|changing (?:my |the )?address)\b"
)
_DENIED = re.compile(
    rf"\b(?P<scope>{_ANY})\b(?: it| them| this| that| these)? (?:\w+ ){{0,2}}?"
    r"(?:(?:is|are|was|would be)(?: not|n'?t| (?:of )?no)|isn'?t|aren'?t|wasn'?t|wouldn'?t be|not|no es|n'est pas|ist nicht|nao e) "
    r"(?:really |at all |even )?(?:what (?:i|we)|an option|use|good|help|interest|needed|necessary|required|wanted|my (?:goal|aim|intention|question|issue|problem|wish)|"
    r"the (?:point|issue|question|answer)|for me|lo que|ce que|was ich|o que|gewunscht|notig|necesari[oa]|necessari[oa]|necessaire)"
)
_AFTER = re.compile(
    rf"\b(?P<scope>{_ANY})\b(?: \w+)? (?:nahi|nhi|nahin|mat) (?:chahiye|karna|karo|karwana|chahta|chahti)\b"
    rf"|^\W*(?:bitte )?(?P<verb>stornier(?:t|en sie)?|erstatt(?:et|en sie))\b(?: \w+){{0,4}}? nichts?\b(?! (?:mehr|erhalten|bekommen))"
    rf"|^\W*(?P<first>{_ANY}),? (?:no|nao|nein|non)\b(?=\s*(?:[,.;:!]|$))"
    rf"|\bum (?:eine? )?(?P<asked>{_ANY}) (?:habe|hab|bat) ich nicht\b"
    r"|\b(?:schicke|sende|gebe) (?:\w+ ){0,3}nicht (?P<back>zuruck)\b"
)
_FINE = re.compile(
    r"\b(?P<scope>(?:the |my )?(?:shipping |delivery )?address (?:is|was|stays) (?:fine|right|correct|ok(?:ay)?|good|the same))\b"
)
_SOUND = re.compile(
    r"(?:\b(?:is|are|was|were|does|do|did)(?:n'?t| not)|'s not|'re not|\bno esta[n]?|ne (?:sont|suis) pas|n'est pas|n'etait pas|(?:ist|sind|war|waren) nicht|nao (?:esta|estao|veio|vieram)) "
    r"(?:actually |really |even |look |come |arrive |wirklich |vraiment )?"
    r"(?:broken|damaged|defective|faulty|cracked|rot[oa]s?|danad[oa]s?|defectuos[oa]s?|casse(?:e|s|es)?|abime(?:e|s|es)?|endommage(?:e|s|es)?|kaputt|beschadigt|defekt|quebrad[oa]s?|danificad[oa]s?)\b"
)
"""Nothing is the matter with it: those words complain of nothing."""
_STILL_WANTED = re.compile(r"\b(?:as|in|to) (?:a )?(?:store credit|gift card|voucher|credit)\b|\bwait\b")
_PATTERNS = (_INSTEAD, _SCOPED, _ORDERED, _DOING, _NONE, _DENIED, _AFTER, _FINE)
_OF_THE_MATCH: dict[str, Intent] = {"back": "return"}


@dataclass(frozen=True, slots=True)
class Asserted:
    """A folded clause without what it turns down, and what that was."""

    folded: str
    negated: tuple[Intent, ...]
    is_cut: bool
    """Whether anything was taken out."""


def assert_only(clause: str) -> Asserted:
    """What a clause says once the parts that it turns down are taken out."""
    whole = fold(clause)
    folded = _SOUND.sub(" ", whole)
    is_cut = folded != whole
    negated: dict[Intent, None] = {}
    for pattern in _PATTERNS:
        folded = _take_out(pattern, folded, negated)
    return Asserted(folded, tuple(negated), is_cut or bool(negated))


def _take_out(pattern: re.Pattern[str], folded: str, negated: dict[Intent, None]) -> str:
    kept = []
    at = 0
    for match in pattern.finditer(folded):
        found = _denied_by(pattern, match)
        if found and not _STILL_WANTED.search(match.group()):
            negated.update(dict.fromkeys(found))
            kept.append(folded[at : match.start()])
            at = match.end()
    kept.append(folded[at:])
    return " ".join(kept).strip(" ,.;:!")


def _denied_by(pattern: re.Pattern[str], match: re.Match[str]) -> Sequence[Intent]:
    if pattern is _FINE:
        return ["change_address"]
    group = next(name for name, said in match.groupdict().items() if said is not None)
    return [_OF_THE_MATCH[group]] if group in _OF_THE_MATCH else asked_for(match.group(group))


def asked_for(scope: str) -> list[Intent]:
    """The intents that a folded text names by their own words."""
    found: list[Intent] = [intent for intent, pattern in _KEYWORDS.items() if pattern.search(scope)]
    if "refund_request" in found and "return" in found and len(found) == 2 and re.search("din\\w+ro", scope):
        found.remove("return")
    if "subscription" in found and "cancel" in found:
        found.remove("cancel")
    return found
