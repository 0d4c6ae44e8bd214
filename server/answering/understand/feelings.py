"""Counts the signs of how a customer feels, and scores how much hangs on a message: severity and complexity.

Small lexicons in five languages and romanised Hindi plus what the typing shows (capitals, exclamation marks, "third
time I write"). `moods` weighs the signs together with what the message means. Knows no customer and no order.
"""

# ruff: noqa: E501 (a lexicon is read by language, one a line)

import re
from dataclasses import dataclass

from server.answering.understand.shape import Intent, Level, Risk

_ANGRY = re.compile(
    r"\b(?:worst|terribl[ey]|horribl[ey]|awful|useless|ridiculous|unacceptable|pathetic|disgust\w*|disgrace\w*|outrag\w*|furious|angry|pissed|mad|livid|joke|shame\w*|rubbish|garbage|trash|crap|"
    r"scam\w*|fraud\w*|rip ?off|thie(?:f|ves)|liars?|lied|lying|incompetent\w*|appalling|nightmare|fed up|sick (?:of|and tired)|had enough|done with|never (?:again|buy|order)|hate|infuriat\w*|frustrat\w*|fuming|raging|rage|enraged|incensed|seething|crooks?|criminals?|robbery|robbed|drop dead|how dare|shut up|scum|ashamed|stole my|stolen my|cheat(?:ed|s|ers)|ripped off|dreadful|shocking|unbelievable|abysmal|atrocious|disaster|shambles|clowns?|for nothing|can'?t be serious|are you (?:serious|kidding|joking)\W*[?!]|what a mess|i demand|(?:zero|one|minus \w+) stars?|lost a customer|every\W+single\W+time|kind of shop|fed up|had it with|absurd|insult\w*|insane|screw (?:you|u)|hung up on|copy and paste|ruin(?:ed|ing|s)?|wast(?:ed|ing|e of)|i regret|my last order|incompeten\w*|empty promises|crying out loud|desperate|begging you|no ?one (?:helps|cares|bothers)|thanks to you|thanks a lot|not even trying|boiling|(?:i'?m|i am) (?:done|finished|through)\b(?! (?:here|for today|now|shopping|with the (?:form|order|return)))|con artists?|arse|cretins?|imbeciles?|apolog(?:y|ies)\b.{0,12}\b(?:need|worth|help)|(?:save|another|more|your) apolog(?:y|ies)|sorry (?:doesn'?t|does not|won'?t)|one more sorry|"
    r"how (?:often|many times) (?:do|must|should|have)|fobbed off|run ?around|rude|rudely|lazy|patience|tired of|excuses|lies|hopeless|careless|(?:poor|shocking|lousy|crappy|bad) service|mess(?:ed|ing) me|insist on|any longer|good for nothing|disgraceful|laughable|amateurs?|treat(?:ed|ing)? (?:me|us|people|customers) like|no respect|ignored|ghosted|deceiv\w*|swindl\w*|dishonest|enough is enough|last straw|fuck\w*|"
    r"(?:tienda|empresa|servicio|atencion|web|pagina) de mierda|una mierda|peor|pesim\w*|horrible|vergonz\w*|verguenza|inaceptable|ridicul\w*|estaf\w*|ladrones|mentiros\w*|hart[oa]|indign\w*|asco|asquer\w*|lamentable|inutil\w*|enfad\w*|cabread\w*|furios\w*|nunca mas|basura|es un robo|robarme|engana(?:d[oa]|n|ron)|arruinar\w*|no es serio|sinverguenza\w*|cojones|hasta los (?:huevos|cojones)|me cago|groser[oa]s?|desesperad[oa]|no es normal|perder (?:toda )?(?:la|el|mi) (?:manana|dia|tiempo)|no pienso volver|cuantas veces|me siento (?:enganad|estafad|burlad|tont)\w*|tomadura de pelo|el pelo|burl(?:a|an|arse)|cansad[oa] de|impresentables?|inept[oa]s?|incompetentes?|desastre|exijo|ya basta|basta ya|falta de respeto|mienten|mentiras?|rater\w*|porqueria|"
    r"(?:boutique|boite|service|site|magasin) (?:de merde|a la con)|pire|inacceptable|inadmissible|honte\w*|scandal\w*|arnaqu\w*|voleurs?|menteurs?|ras le bol|marre|furieu\w*|colere|nuls?|lamentable|minable|plus jamais|foutage|escrocs?|pas normal|perdu (?:ma|la|mon) (?:matinee|journee|temps)|combien de fois|se moque[rz]? de|vous moquez|en ai assez|ras le cul|ras-le-bol|etes (?:\w+ ){0,2}cons|incapables?|desesperee?|degout\w*|n'importe quoi|mensonges?|exasper\w*|enerv\w*|agac\w*|catastroph\w*|odieu\w*|gache\w*|j'exige|pas serieux|commanderai plus|moins que rien|ecoeur\w*|honteu\w*|incompetent\w*|"
    r"schlecht(?:este\w*)|katastroph\w*|unverschamt\w*|frech\w*|unmoglich|skandal\w*|betrug\w*|betruger|lugner|wutend|sauer|satt|nie wieder|furchtbar|lacherlich|inakzeptabel|abzocke\w*|saftladen|mull|armutszeugnis|verargert|(?:euer|ihr) ernst|so geht das nicht|bin (?:es |das )?(?:so |langsam )?leid|umsonst gewartet|(?:bestelle|kaufe) (?:ich )?(?:hier |bei euch )?nicht mehr|wie oft (?:soll|muss|noch)|verlange|befremdet|keine lust mehr|verzweifelt|pack|pleite|dreck\w*|bescheuert|widerlich\w*|lugt|konnt mich|kreuzweise|unfahig\w*|inkompetent\w*|reicht(?: es)? (?:mir|jetzt)|mir reicht|nervt|genervt|kotz\w*|lachhaft|peinlich|asozial\w*|stinksauer|verapp?el\w*|verarsch\w*|miserabel\w*|versaut|schnauze|so geht man|unglaublich|dreist\w*|kriminell\w*|"
    r"(?:loja|empresa|servico|site|atendimento) de merda|uma merda|pior|pessim\w*|absurd\w*|vergonh\w*|inaceitave\w*|golpe|ladr(?:ao|oes)|mentiros\w*|fart[oa]|indignad\w*|revoltad\w*|palhacada|lixo|descaso|nunca mais|ridicul\w*|exijo|nao e serio|nao e normal|perdi (?:a manha|o dia|meu tempo)|quantas vezes|feit[oa] de (?:bob|trouxa|palhac)\w*|cansad[oa] de|desesperad[oa]|maldit[oa]s?|nojo|nojent\w*|vomitar|saco cheio|bosta|desrespeito|enrola(?:d[oa]|ndo)|mentiras?|mentem|irritad[oa]|incompeten\w*|raiva|odio|nao compro mais|estrag(?:aram|ou)|gross[oa]|enganad[oa]|palhac\w*|"
    r"bakwas|bekar|sharam|tareeka hai|thak gay\w*|izzat|kal kal|nahi lunga|badtameez\w*|nikamm\w*|thu hai|gadh[aoe]\w*|jawab chahiye|dimag kharab|hadd hai|bas bahut|loot\w*|jhooth\w*|lootere|makkar|bhaad|ghatiya|dhokha|chor|pagal|gussa)\b"
)
_FURIOUS = re.compile(
    r"\b(?:furious|livid|outrag\w*|unacceptable|disgust\w*|worst|infuriat\w*|pissed|scam\w*|fed up|furios\w*|indign\w*|inaceptable|estaf\w*|hart[oa]|verguenza|"
    r"furieu\w*|inacceptable|inadmissible|honte|marre|arnaqu\w*|wutend|stinksauer|unverschamt\w*|frechheit|betrug\w*|inaceitave\w*|revoltad\w*|palhacada|vergonha|ghatiya|dhokha)\b"
)
_SAYS_FURIOUS = re.compile(
    r"\b(?:i am|i'?m|im|estoy|je suis|ich bin|estou|to)\s+(?:\w+\s+){0,2}(?:furious|livid|outraged|fed up|furios[oa]|hart[oa]|indignad[oa]|furieu\w*|wutend|stinksauer|revoltad[oa])\b"
)
_UNHAPPY = re.compile(
    r"\b(?:disappoint\w*|unhappy|upset|annoy\w*|let down|not happy|unfortunately|sadly|bad|poor|problem|irritat\w*|impatient|miffed|gutted|cross with|worr(?:ied|ying)|anxious|ugh|sigh|again\W*[?!]|how much longer|taking (?:so|too|forever)|takes? forever|this long|slow|ages|no (?:update|news|reply|answer|response)|nobody|no ?one|still nothing|wrong|broke\w*|damag\w*|missing|never|still (?:no|not|waiting|haven'?t)|late|defective|not good|unsatisf\w*|dissatisf\w*|"
    r"decepcion\w*|molest[oa]|descontent[oa]|insatisfech\w*|problema|roto|rota|danad\w*|falta|todavia no|aun no|nunca|mal[oa]?|lamentablemente|"
    r"decu\w*|mecontent\w*|probleme|casse\w*|abime\w*|manque|toujours (?:pas|rien)|jamais|malheureusement|mauvais\w*|"
    r"enttausch\w*|unzufrieden\w*|argerlich|problem|kaputt\w*|beschadigt\w*|fehlt|immer noch (?:nicht|kein\w*)|leider|schlecht\w*|falsch\w*|"
    r"decepcionad\w*|insatisfeit\w*|chatead\w*|problema|quebrad\w*|danificad\w*|faltando|ainda nao|nunca|infelizmente|ruim|"
    r"kharab|galat|toot\w*|pareshan|nahi mila|nahi aaya)\b"
)
_GLAD = re.compile(
    r"\b(?:thank\w*|thx|love|loved|lovely|great|awesome|amazing|perfect|excellent|wonderful|happy|helpful|brilliant|fantastic|best (?:service|shop|store|team|ever)|appreciate\w*|pleased|nice|good job|well done|"
    r"gracias|genial|excelente|perfecto|encant\w*|maravillos\w*|feliz|content[oa]|estupend\w*|"
    r"merci|parfait\w*|super|excellent\w*|genial\w*|ravie?|contente?|formidable|adore|"
    r"danke\w*|dank|toll\w*|perfekt|super|wunderbar|zufrieden|klasse|freu\w*|prima|"
    r"obrigad\w*|otim[oa]|perfeit\w*|excelente|maravilhos\w*|ador(?:o|ei)|amei|satisfeit\w*|"
    r"accha|badhiya|shukriya|dhanyawa?ad|mast)\b"
)
_UNDONE = re.compile(
    r"\b(?:not|isn'?t|wasn'?t|never|no|hardly|nicht|kein\w*|pas|nao|nahi)\s+(?:\w+\s)?(?:happy|great|good|nice|perfect|helpful|pleased|satisfied|zufrieden|toll|super|content\w*|satisfeit\w*|feliz|satisfait\w*|accha)\b"
)
_CURSES = re.compile(
    r"\b(?:f+u+c+k\w*|f\*+k?\w*|fck\w*|fking|effing|wtf+|ffs|wth|shit\w*|sh\*t|bullshit|bs|damn\w*|(?:the|to|in|go to|bloody) hell|ass(?:hole)?s?|go f\b|bastard\w*|bitch\w*|idiots?|morons?|stupid|dumb\w*|crap\w*|"
    r"mierda|joder|hostia|puta|puto|cono|carajo|cabron\w*|gilipollas|pendej\w*|imbecil\w*|idiotas?|"
    r"merde|putain|bordel|connards?|conn?asse|(?:bande de|gros|sale|quel|espece de|des) cons?|chier|foutre|foutez|salauds?|debiles?|abrutis?|"
    r"scheiss\w*|verdammt\w*|arsch\w*|so ein mist|mistladen|fick\w*|verflucht\w*|wichser|idioten|deppen|"
    r"merda|porra|caralho|cacete|fod(?:a|er|am|e)\w*|puta|burr[oa]s?|otarios?|desgrac\w*|"
    r"saala|saale|kamina|kamine|bewakoof|chutiya\w*|harami)\b"
)
_AT_US = re.compile(
    r"\b(?:f\w*ck (?:you|u|off|this (?:shop|company|store))|screw (?:you|u)|(?:you|u|your|such|bunch of) (?:\w+ ){0,3}(?:idiots?|morons?|ass(?:hole)?s?|bastards?|bitch\w*|cunts?|stupid|dumb\w*|useless)|assholes?|idiots?|morons?|bastards?|bitch\w*|go to hell|"
    r"hijos? de puta|cabron\w*|gilipollas|pendej\w*|imbecil\w*|idiotas?|connards?|conn?asses?|salauds?|abrutis?|foutez|cons|allez vous faire|arsch(?:loch|locher)|wichser|idioten|deppen|fickt? (?:dich|euch)|burr[oa]s?|otarios?|vai se|va se|filhos? da puta|kamin[ae]|bewakoof|chutiya\w*|harami)\b"
)
"""Curses that are meant for who reads them."""
_EXCLAIMED = re.compile(
    r"(?:^|[,.;:!?\u2026-]\s*|\b(?:ok|okay|oh|ah|hey|yo|ugh|well|so|na|ja|ay|ey|uf|pues|bah|ben|ai|aff|ah|arre|are|yaar|bhai|omg)\s+)"
    r"(?:wtf+|ffs|wth|(?:bloody|what the) (?:hell|fuck)|shit|sh\*t|holy shit|crap|damn(?: ?it)?|dammit|fuck|joder|mierda|hostia|cono|carajo|putain|merde|bordel|scheisse|verdammt|mist|porra|caralho|merda|cacete|saala|saale)"
    r"(?=\s*(?:$|[,.;:!?\u2026-])|\s+(?!(?:this|that|it|them|you|u|ur|your|yall|off|all|is|are|de|des|con|ihr|euch|euer|eure|laden|shop|store|service|company|people|site|app)\b)\w)"
    r"|(?<!\bof )(?<!\ba )(?<!\bthe )(?<!\blike )(?<!\bone )\b(?:wtf+|ffs|wth|joder|putain|bordel|verdammt|porra|caralho|cacete)(?: (?:yaar|bro|man|mec|tio|alter|cara|bhai))?[\s.!?]*$"
)
"""A curse that stands by itself, at the start or the end: a manner of speaking, and of no one."""
_REPEATED = re.compile(
    r"\b(?:(?:second|third|fourth|fifth|2nd|3rd|4th|5th|\d+th|umpteenth|hundredth) (?:time|email|e-mail|message|call|attempt)|(?:two|three|four|five|six|several|many|multiple|countless|\d+) (?:times|emails|e-mails|calls|messages|tickets)|again and again|over and over|"
    r"already (?:told|wrote|written|asked|called|contacted|emailed|explained|said)|nobody (?:answers|replies|responds|called|has)|no ?(?:one|body) (?:answers|replied|responded|got back)|no (?:answer|reply|response)|keep (?:asking|getting|telling|writing|calling)|still (?:no answer|no reply|waiting for)|ignor\w+ (?:me|my)|"
    r"(?:segunda|tercera|cuarta|quinta|enesima) vez|(?:dos|tres|cuatro|varias|muchas|mil) veces|ya (?:les |os |te |le )?(?:escribi|llame|he escrito|he llamado|dije|explique|pregunte)|nadie (?:responde|contesta|me)|sin respuesta|otra vez|"
    r"(?:deuxieme|troisieme|quatrieme|enieme|\d+e|\d+eme) (?:fois|mail|message)|(?:deux|trois|quatre|plusieurs|maintes) fois|deja (?:ecrit|appele|contacte|dit|explique|demande)|personne ne (?:repond|me)|aucune reponse|sans reponse|encore une fois|"
    r"zum (?:zweiten|dritten|vierten|x-ten|wiederholten) mal|(?:zweite|dritte|vierte) (?:mal|mail|nachricht|anfrage)|mehrfach|mehrmals|schon (?:mehrmals|dreimal|zweimal|geschrieben|angerufen|wieder)|bereits (?:geschrieben|angerufen|gemeldet|kontaktiert)|niemand (?:antwortet|meldet|reagiert)|keine (?:antwort|reaktion|ruckmeldung)|"
    r"(?:segunda|terceira|quarta|quinta|enesima) vez|(?:duas|tres|quatro|varias|mil) vezes|ja (?:escrevi|liguei|falei|expliquei|mandei|entrei em contato|enviei)|ninguem (?:responde|me|resolve)|sem resposta|de novo|outra vez|"
    r"(?:do|teen|char|kitni|kai) baar|koi (?:jawab|reply|response) nahi|baar baar)\b"
)
_PRESSED = re.compile(
    r"\b(?:urgent\w*|asap|a\.s\.a\.p|immediately|right (?:now|away)|at once|emergency|hurry|as soon as possible|today|tonight|tomorrow|this (?:morning|afternoon|evening|weekend)|by (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|noon|tonight|tomorrow)|before (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|christmas|tomorrow)|deadline|"
    r"wedding|birthday|funeral|travel\w*|flight|vacation|leav(?:e|ing) (?:on|in|tomorrow|today|for)|christmas|now!+|"
    r"urgent\w*|urge|inmediatamente|ahora mismo|cuanto antes|lo antes posible|hoy|manana|boda|cumpleanos|viaje|ya mismo|"
    r"urgence|immediatement|tout de suite|au plus vite|des que possible|aujourd'?hui|demain|mariage|anniversaire|ce soir|"
    r"dringend\w*|eilig|eilt|sofort|umgehend|schnellstmoglich|so schnell wie moglich|heute|morgen|hochzeit|geburtstag|urlaub|"
    r"urgente|urgencia|imediatamente|agora mesmo|o quanto antes|o mais rapido|hoje|amanha|casamento|aniversario|viagem|"
    r"jaldi|turant|abhi|aaj hi|kal tak|shaadi)\b"
)
_HARD_PRESSED = re.compile(
    r"\b(?:urgent\w*|asap|immediately|right (?:now|away)|at once|emergency|hurry|urge|inmediatamente|ahora mismo|cuanto antes|lo antes posible|urgence|immediatement|tout de suite|au plus vite|dringend\w*|eilig|eilt|sofort|umgehend|"
    r"urgencia|imediatamente|agora mesmo|o quanto antes|jaldi|turant|as soon as possible|life or death)\b"
)
_WEEKS = re.compile(
    r"\b(?:(?:two|three|four|five|six|\d+|several|dos|tres|deux|trois|zwei|drei|duas|tres|do|teen) (?:weeks?|months?|semanas?|meses|semaines?|mois|wochen?|monate?n?|hafte|mahine))\b"
)
_SHOUT = re.compile(r"\b[A-ZÀ-Þ]{3,}\b")
_PLAIN_CAPITALS = frozenset(
    {
        "ASAP",
        "AMOLED",
        "IBAN",
        "OLED",
        "USPS",
        "UPS",
        "DHL",
        "GLS",
        "DPD",
        "ETA",
        "USD",
        "EUR",
        "GBP",
        "VAT",
        "RMA",
        "FAQ",
        "SMS",
        "XXL",
        "PDF",
        "GDPR",
        "SKU",
        "LED",
        "USB",
        "FEDEX",
        "USA",
        "ORD",
        "PLZ",
        "CEP",
        "ZIP",
        "ISBN",
        "URL",
    }
)
_ADDRESS = re.compile(r"\S+@\S+")  # nobody shouts by writing an e-mail address in capitals
_LETTER = re.compile(r"[^\W\d_]")
_BANGS = re.compile(r"!{2,}|\?!|!\?|\?{3,}")
_FURIOUS_FACES = re.compile("[\U0001f620\U0001f621\U0001f624\U0001f92c\U0001f4a9\U0001f595\U0001f47f]")
_SAD_FACES = re.compile(
    "[\U0001f61e\U0001f622\U0001f62d\U0001f614\U0001f61f\U0001f641☹\U0001f494\U0001f44e]|:-?\\(|:'\\("
)
_GLAD_FACES = re.compile(
    "[\U0001f600-\U0001f606\U0001f60a\U0001f60d\U0001f618\U0001f970\U0001f64f❤\U0001f44d\U0001f389\U0001f44f]|:-?\\)|<3"
)

_HEAVY: frozenset[Intent] = frozenset({"complaint", "delivery_problem", "damaged_or_wrong_item"})
_MEDIUM: frozenset[Intent] = frozenset({"refund_request", "refund_status", "payment", "cancel", "warranty"})
_LEVELS: tuple[Level, ...] = ("low", "medium", "high")
_LIGHT: frozenset[Intent] = frozenset({"greeting", "thanks", "goodbye"})


@dataclass(frozen=True, slots=True)
class Signs:
    """What words and typing show of how somebody feels, counted. `size` is the message's number of words."""

    size: int
    angry: int
    is_furious: bool
    says_furious: bool
    is_cursing: bool
    is_exclaiming: bool
    """Whether every curse is a mere exclamation."""
    is_repeated: bool
    is_unhappy: bool
    waits_weeks: bool
    shouted: int
    is_banging: bool
    has_furious_face: bool
    has_sad_face: bool
    glad: int
    is_undone: bool
    is_polite: bool
    pressed: int
    is_hard_pressed: bool

    @property
    def says_something(self) -> bool:
        """Whether there is any sign but one word in capitals, which may be a name: IBAN, OLED."""
        return self.points > (self.shouted == 1)

    @property
    def points(self) -> int:
        """How much speaks for frustration: angry word 2 (two different ones 3, more 4), a furious one 1 more, saying so of oneself
        1 more, curse 2, repeated contact 1, two weeks or more 1 if unhappy, shouted words 1 (four or more 2), `!!` 1,
        furious face 2, plain unhappy words 1."""
        strong = (0, 2, 3, 4)[min(self.angry, 3)] + self.is_furious + self.says_furious + 2 * self.is_cursing
        typed = (self.shouted >= 1) + (self.shouted >= 4) + self.is_banging + 2 * self.has_furious_face
        return strong + typed + self.is_repeated + self.is_sad + (self.waits_weeks and self.is_sad)

    @property
    def only_exclaims(self) -> bool:
        """Whether nothing but a curse at nobody sounds furious: "wtf, where is it"."""
        return self.is_exclaiming and not (self.angry or self.has_furious_face or self.is_repeated or self.shouted > 2)

    @property
    def is_sad(self) -> bool:
        """Whether an unhappy word or face is there."""
        return self.is_unhappy or self.has_sad_face

    @property
    def level(self) -> int:
        """0 calm to 3 furious, by the points alone: 1-2 -> 1, 3-4 -> 2, 5 and more -> 3; an angry word together with
        repeated contact is never below 2."""
        level = (self.points + 1) // 2 if self.points < 5 else 3
        return max(level, 2) if self.angry and self.is_repeated else level

    def row(self) -> tuple[float, ...]:
        """The signs as numbers between 0 and 1, for the heads."""
        flags = (self.is_furious, self.says_furious, self.is_cursing, self.is_repeated, self.is_unhappy, self.waits_weeks,
                 self.is_banging, self.has_furious_face, self.has_sad_face, self.is_undone, self.is_polite,
                 self.is_hard_pressed)  # fmt: skip
        steps = (min(self.angry, 3) / 3, min(self.shouted, 4) / 4, min(self.glad, 2) / 2, min(self.pressed, 2) / 2)
        return (*(float(flag) for flag in flags), *steps, *(float(self.level >= level) for level in (1, 2, 3)))


def signs_of(text: str, folded: str) -> Signs:
    """The signs in a cleaned message and its folded text; an address is no word."""
    folded = _ADDRESS.sub(" ", folded)
    glad = len(_GLAD.findall(_UNDONE.sub(" ", folded))) + bool(_GLAD_FACES.search(text))
    return Signs(
        size=len(folded.split()),
        angry=len(set(_ANGRY.findall(folded))),
        is_furious=bool(_FURIOUS.search(folded)),
        says_furious=bool(_SAYS_FURIOUS.search(folded)),
        is_cursing=bool(_CURSES.search(folded)),
        is_exclaiming=bool(_EXCLAIMED.search(folded)) and not _CURSES.search(_EXCLAIMED.sub(" ", folded)),
        is_repeated=bool(_REPEATED.search(folded)),
        is_unhappy=bool(_UNHAPPY.search(folded)),
        waits_weeks=bool(_WEEKS.search(folded)),
        shouted=_shouted(text),
        is_banging=bool(_BANGS.search(text) and _LETTER.search(folded)),
        has_furious_face=bool(_FURIOUS_FACES.search(text)),
        has_sad_face=bool(_SAD_FACES.search(text)),
        glad=glad,
        is_undone=bool(_UNDONE.search(folded)),
        is_polite=_is_mere_politeness(folded, glad),
        pressed=len(set(_PRESSED.findall(folded))),
        is_hard_pressed=bool(_HARD_PRESSED.search(folded)),
    )


def only_swears(text: str, folded: str) -> bool:
    """Whether swearing is all that sounds angry in a message, and it is not at the reader: "cancel the damn order"."""
    signs = signs_of(text, folded)
    if not signs.is_cursing or signs.is_repeated or signs.has_furious_face or _AT_US.search(folded):
        return False
    rest = signs_of(text, _CURSES.sub(" ", folded))
    return not (rest.angry or rest.is_cursing or rest.is_furious or (signs.waits_weeks and signs.is_unhappy))


def _shouted(text: str) -> int:
    return sum(word not in _PLAIN_CAPITALS for word in _SHOUT.findall(_ADDRESS.sub(" ", text)))


def _is_mere_politeness(folded: str, glad: int) -> bool:
    # "Thanks" at the end of a request is manners, not joy.
    return glad == 1 and "?" in folded and bool(re.search(r"\b(?:thank|thx|gracias|merci|dank|obrigad)", folded))


def severity_of(intents: tuple[Intent, ...], risks: tuple[Risk, ...], frustration: int) -> Level:
    """High for any risk or fury; medium for problems, money and anger; else low."""
    if risks or frustration >= 3:
        return "high"
    if frustration >= 2 or any(intent in _HEAVY or intent in _MEDIUM for intent in intents[:2]):
        return "medium"
    return "low"


def complexity_of(folded: str, intents: tuple[Intent, ...], risks: tuple[Risk, ...], named: int) -> Level:
    """Points: each further request 1, each further order 1, a risk 1, more than 60 words 1, more than 150 2."""
    asked = sum(intent not in _LIGHT for intent in intents)
    size = folded.count(" ") + 1
    points = max(0, asked - 1) + max(0, named - 1) + bool(risks) + (size > 60) + (size > 150)
    return _LEVELS[min(points, 2)]
