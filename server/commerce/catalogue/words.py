"""How texts of goods are cut into words: folded, stemmed, without the words that only ask.

The stems are those under which the embedded store keeps goods. Knows no meanings; `lexicon` does.
"""

# ruff: noqa: SIM905 (word lists are read as words)

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from server.commerce.contacts import stems

_WORD: Final = re.compile(r"[^\W_]+")
_SIZE: Final = re.compile(r"(?<![\w'’&])(?:XXXS|XXS|XS|S|M|L|XL|XXL|XXXL|[2-5]XL)(?![\w'’&])")
_SINGLE: Final = 1

_STOP: Final[dict[str, str]] = {
    "en": """back again a an the and or but if of in on at to for from with by as is are was be been am do does did have has
        had you your i me my we our it its this that these those there here what which who how when where why
        can could would will should may might please hi hello hey thanks thank so than then too very just some
        any something anything someone anyone one ones thing things stuff all get got need want like looking
        look search searching find show tell give sell buy sells stock come comes available still else really
        much many more most good best nice better about into up out not no yes ok okay also guys us them they he
        she his her people keep keeps kept use used let s t m re ve ll d im ive dont id dad father mum mom
        mother sister brother friend husband wife girlfriend boyfriend son daughter grandma grandpa boss going
        wear wearing love loves likes enjoys enjoy day product products item items kind sort type shop store
        under over left price cost costs recommend recommends recommended recommendation recommendations suggest
        suggestion suggestions advise idea ideas popular favourite favorite favourites favorites bestseller
        bestsellers seller sellers selling rated offer everything""",
    "es": """vuelve vuelven vez el la los las lo un una unos unas y o u pero si de del en a al con por para sin que cual
        cuales quien como cuando donde es son era esta este esto estos estas ese esa eso hay tiene tienen teneis
        tengo tienes quiero quisiera busco gusta gustan padre madre papa mama hermana hermano amigo amiga marido
        mujer novio novia hijo hija abuela jefe mido buscando necesito me mi mis te tu tus se su sus nos le les
        algo alguna alguno algun alguien muy mas menos tan hola gracias favor puedo puede podria vender venden
        vendeis compra comprar mostrar ver alla ya no ni e disponible queda quedan stock producto productos
        articulo cosa cosas tipo tienda anos ano precio cuesta recomiendas recomienda recomiendan recomendar
        recomendacion recomendaciones sugieres sugiere sugerencia sugerencias aconsejas idea ideas popular
        populares favorito favorita vendido vendida vendidos valorado valorada valorados todo""",
    "fr": """revient nouveau encore existe le la les l un une des du de d et ou mais si en dans sur avec pour par que qui
        quoi quel quelle quels quelles comment quand est sont c ce cette ces cet il elle y a avez vous nous je j
        me mon ma mes te ton ta ses sa son vos votre notre cherche aime adore pere mere papa maman soeur frere
        ami amie mari copain copine fils fille collegue voudrais veux besoin aimerais quelque chose quelqu bien
        tres plus moins bonjour merci svp plait s n ne pas au aux trouver vendez avoir as ai peut peux amateur
        dispo disponible stock produit produits article articles magasin qu prix coute recommandez recommandes
        recommander conseillez conseilles conseiller conseil conseils proposez suggestion suggestions idee idees
        populaire populaires prefere preferes vendu vendus note notes tout""",
    "de": """wieder zuruck nehme der die das den dem des ein eine einen einem einer eines und oder aber wenn in im an am auf
        mit fur von vom zu zum zur bei aus als ist sind war es ich mich mir mein meine meinen meinem wir uns ihr
        euch sie ihre ihnen was welche welcher welches wer wie wann wo hast habt haben gibt suche mag liebt
        vater mutter papa mama schwester bruder freund freundin mann sohn tochter oma opa chef kollegin brauche
        mochte will hatte gern gerne etwas eins bitte hallo danke so sehr mehr noch auch schon nur nicht da hier
        dir du kann konnen verkauft verfugbar lager artikel produkt produkte ding sache sachen man irgendwas
        irgendetwas preis kostet empfiehlst empfehlt empfehlen empfehlung empfehlungen vorschlag vorschlage
        schlagst idee ideen beliebt beliebteste beliebtesten beliebter meistverkauft meistverkaufte bestseller
        bewertet bewertete bewerteten alles""",
    "pt": """volta voltam novo o a os as um uma uns umas e ou mas se de do da dos das em no na nos nas com por para pra que
        qual quais quem como quando onde eu me meu minha meus minhas voce voces tem tenho teria queria quero
        procuro procurando preciso gosta gosto ama pai mae irma irmao amigo amiga marido esposa namorado
        namorada filho filha avo chefe adora algo alguma algum alguem muito mais menos oi ola obrigado obrigada
        favor esta este isto esse essa isso ao aos ha vende vendem comprar ver la ja nao disponivel estoque
        produto produtos artigo coisa coisas loja tipo preco custa recomenda recomendas recomendam recomendar
        recomendacao recomendacoes indica sugere sugestao sugestoes ideia ideias popular populares favorito
        favorita vendido vendida vendidos avaliado avaliada avaliados tudo""",
}  # fmt: skip
LANGUAGES: Final = tuple(_STOP)
_STOPS: Final = {language: frozenset(text.split()) for language, text in _STOP.items()}
_EVERYWHERE: Final = frozenset("do you have the a de la le el o os as um is in to for and with".split())


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text: folded as it stands, and its stem."""

    raw: str
    stem: str


def fold(text: str) -> str:
    """A text without case and accents."""
    if text.isascii():
        return text.casefold()
    flat = unicodedata.normalize("NFKD", text.replace("’", "'")).casefold()
    return "".join(sign for sign in flat if not unicodedata.combining(sign))


def words_of(text: str) -> list[Word]:
    """All words of a text, in order."""
    return [Word(raw, stem) for raw, stem in zip(_WORD.findall(fold(text)), stems(text), strict=True)]


def sizes_in(text: str) -> list[str]:
    """Sizes written as shops write them (XS, M, 2XL), folded; the m of "I'm" is none."""
    return [match.group().casefold() for match in _SIZE.finditer(text)]


def is_stop(word: Word, language: str) -> bool:
    """Whether a word only asks: it says nothing about goods. Single letters never do (sizes are read apart)."""
    if len(word.raw) <= _SINGLE and not word.raw.isdigit():
        return True
    return word.raw in _STOPS.get(language, frozenset()) or (language not in _STOPS and word.raw in _EVERYWHERE)


def language_of(texts: list[str]) -> str:
    """The language that most of the texts are written in, by their small words; English when they have none."""
    found = [word.raw for text in texts for word in words_of(text)]
    counts = {language: sum(word in stops for word in found) for language, stops in _STOPS.items()}
    return max(counts, key=lambda language: counts[language]) if any(counts.values()) else "en"
