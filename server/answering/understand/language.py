"""Tells the language of a short chat message by its script, its stop words and its accents.

Measured on short chat this is as good as the libraries and the only way that saw romanised Hindi (`hi-en`). Five
languages are supported in full (en es fr de pt) and Hinglish; others are named by their ISO code, so that the caller
can hand them off honestly.
"""

import re

from server.answering.understand import grams, spelling
from server.answering.understand.normalise import fold, mask, words

_STOP_WORDS: dict[str, str] = {
    "en": """i the my is it you to and of in was for on have not this that what when where how can could would will do
        does did are be been with me your please want need get got order package refund return hi hello thanks cancel
        where's it's don't didn't haven't i'm i'd can't won't just still yet from by has had they them there here
        an but if or so why who which am at about any up out no dont cant im wheres whats thank hey delivery shipping
        address broken wrong size item help money back never arrived change help speak talk human bye status
        heya hullo cheerio ta howdy yep nope""",
    "es": """el la los las un una de que y en mi mis es no se lo por para con como cuando donde esta este esto estoy
        pedido quiero necesito hola gracias devolver devolucion reembolso dinero llega llegado ha he me te su sus pero
        porque muy ya si del al hay puedo puede quisiera tengo tiene paquete envio direccion cambiar cancelar talla
        todavia aun hasta ayer hoy manana buenos buenas dias tardes favor cual quien usted ustedes les nadie nada
        adios algo otra otro sin sobre desde dice fue era llegar pague tarjeta roto rota compre cuanto cuesta tienen
        holaa chaito chao saludos cuidense""",
    "fr": """le la les un une des de du que et en mon ma mes est ne pas se ce cette je tu il elle nous vous pour avec
        comme quand ou suis ai a au aux commande veux voudrais bonjour merci retour rembourser remboursement argent
        colis livraison adresse changer annuler taille sur dans par qui quoi comment pourquoi j'ai c'est n'ai n'est
        d'un l'ai qu'il recu toujours encore deja hier aujourd'hui demain bonsoir salut mais plus tres votre vos notre
        sont ete avez avoir peux peut pouvez s'il plait svp rien personne cassee casse combien faire arrive
        echanger je n'arrive y
        bjr slt bsr coucou mrc nickel impec oui ouais""",
    "de": """der die das den dem des ein eine einen einem einer und ich mein meine meinen meiner ist nicht es sie wir
        ihr zu von mit auf fur im in am bei wo wann wie was warum wer bestellung paket lieferung hallo danke bitte
        mochte will kann konnen habe hab hat haben wurde wird noch schon immer kein keine geld zuruck ruckgabe
        erstattung adresse andern stornieren grosse umtauschen angekommen gestern heute morgen guten tag aber oder
        auch nur sehr mir mich ihnen ihre sind bin war seit nach uber als wenn dass kommt kaputt falsch falsche
        artikel tschuss bekommen gibt geht welche liefert ware rechnung ja nein
        huhu moin servus dankeschon tschussi""",
    "pt": """o a os as um uma de que e em meu minha meus minhas nao se por para com como quando onde esta este isto
        pedido quero preciso ola oi obrigado obrigada devolver devolucao reembolso dinheiro chegou chega foi fiz me
        seu sua voces voce mas porque muito ja do da dos das no na nos nas ao tenho tem encomenda pacote entrega
        endereco morada trocar cancelar tamanho ainda ate ontem hoje amanha bom boa dia tarde noite favor qual quem
        gostaria posso pode tudo nada ninguem sem sobre cade comprei paguei cartao quebrado veio eu estou recebi
        tchau quanto custa isso aqui
        obg obgda vlw blz oie valeu""",
    "hi-en": """mera meri mere mujhe mujhko kab kahan kaha kya kyu kyun kaise hai hain nahi nhi nahin ho hua hui gaya gayi
        karo kar karna karke karni karwana chahiye aaya aayi aayega ayega ka ki ke ko se mein par bhai yaar abhi tak
        aap aapka aapki mil mila milega milegi paisa paise wapas wapis bhej bhejo bheja batao bata do raha rahi rahe
        tha thi toh bhi aur lekin matlab kuch koi bahut accha thik theek ji haan dena diya liya lena krna krdo kr
        kro h wala wali jaldi galat toot tuta kharab din aaj kal sirf apna""",
    "it": """il lo gli i un una di che e in mio mia mie miei non si per con come quando dove questo questa sono ho ha
        ordine voglio vorrei ciao grazie reso rimborso pacco spedizione indirizzo cambiare annullare arrivato ancora
        buongiorno della del nel alla perche anche piu molto cosa chi sul vostro""",
    "nl": """de het een en ik mijn is niet te van met op voor waar wanneer hoe wat bestelling pakket hallo bedankt
        graag wil kan heb heeft nog geen geld terug adres annuleren retour bezorgd zijn maar ook aan naar dit dat
        jullie wordt werd goedemorgen alstublieft aub""",
    "pl": """nie jest moje moja moj gdzie kiedy jak co zamowienie paczka dzien dobry dziekuje prosze chce zwrot na do
        sie z w i ze za od ale tak czy mam mnie""",
    "sv": """jag och det att en ett min mitt ar inte som pa for med nar var hur vad bestallning paket hej tack vill
        har inte kan retur pengar tillbaka""",
    "tr": """benim nerede ne zaman siparis siparisim kargo merhaba tesekkurler iade istiyorum bir ve bu icin degil
        mi var yok nasil lutfen geldi gelmedi""",
    "id": """saya pesanan di mana kapan paket belum sampai tolong terima kasih mau uang kembali yang dan ini itu tidak
        bisa sudah ada dari untuk""",
}
_HINTS = (
    ("es", re.compile(r"[¿¡ñ]|ción\b", re.IGNORECASE)),
    ("pt", re.compile(r"[ãõ]|ção\b|ções\b", re.IGNORECASE)),
    ("de", re.compile(r"[äöüß]", re.IGNORECASE)),
    ("fr", re.compile(r"[èëîïûùœ]|\b[cdjlmnst]'|\bqu'", re.IGNORECASE)),
    ("pl", re.compile(r"[łśźżąęć]", re.IGNORECASE)),
    ("sv", re.compile(r"å", re.IGNORECASE)),
    ("tr", re.compile(r"[ğışİ]")),
)
_ONLY_SPANISH = re.compile(r"[¿¡]")
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("uk", re.compile(r"[іїєґІЇЄҐ]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("fa", re.compile(r"[پچژگ]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("bn", re.compile(r"[\u0980-\u09ff]")),
    ("ta", re.compile(r"[\u0b80-\u0bff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("ka", re.compile(r"[\u10a0-\u10ff]")),
    ("hy", re.compile(r"[\u0530-\u058f]")),
)
_LATIN = re.compile(r"[a-zà-ɏ]", re.IGNORECASE)
_OTHER_SCRIPT = re.compile(r"[^\x00-\u024f\u1e00-\u2bff\ufe00-\ufe0f\U0001f000-\U0001faff]")

SUPPORTED = frozenset({"en", "es", "fr", "de", "pt", "hi-en"})
"""Languages that the head has lines of."""


def _weights() -> dict[str, tuple[tuple[str, float], ...]]:
    owners: dict[str, list[str]] = {}
    for code, listed in _STOP_WORDS.items():
        for word in set(listed.split()):
            owners.setdefault(word, []).append(code)
    return {word: tuple((code, 1.0 / len(codes)) for code in codes) for word, codes in owners.items()}


_WEIGHTS = _weights()


def detect(text: str, hint: str | None = None) -> str:
    """The language of a cleaned text. `hint` (the caller's belief) decides when the words do not; else English."""
    script = _by_script(text)
    if script is not None:
        return script
    if _ONLY_SPANISH.search(text):
        return "es"
    tokens = words(mask(fold(text)))
    scores = _scores(text, tokens)
    foreign = {
        code: score for code, score in scores.items() if code not in SUPPORTED and (score >= _FOREIGN or code == hint)
    }
    by_letters = grams.load().scores(tokens)
    ours = {code: scores.get(code, 0.0) + _LETTERS * by_letters.get(code, 0.0) for code in SUPPORTED}
    if hint is not None and (hint in ours or hint in foreign):
        (ours if hint in ours else foreign)[hint] += _HINT
    if foreign and max(foreign.values()) > max(scores.get(code, 0.0) for code in SUPPORTED):
        return max(foreign, key=lambda code: foreign[code])
    if hint in ours and len(tokens) <= _FEW and all(score < _SURE for code, score in scores.items() if code != hint):
        return hint
    if not by_letters and not any(ours.values()):
        return hint or "en"
    if hint is None and _is_english_too(text, tokens, scores):
        return "en"
    return max(ours, key=lambda code: (ours[code], code == hint, code == "en"))


def _is_english_too(text: str, tokens: list[str], scores: dict[str, float]) -> bool:
    """Whether a few words are words of English as much as of any other language: "status?", "promo code", "agent"."""
    known = spelling.load().owners
    others = max((score for code, score in scores.items() if code != "en"), default=0.0)
    is_few = 0 < len(tokens) < _FEW and text.isascii()
    return is_few and others <= scores.get("en", 0.0) and all("en" in known.get(word, ()) for word in tokens)


_FOREIGN = 1.2
"""One shared little word must not turn a message into a language that nobody here speaks."""
_LETTERS = 0.5
_FEW = 4
_SURE = 0.8
"""Letters alone do not change the language of a talk in so few words: "Visa ending 1111". A stop word does."""
_HINT = 0.6
"""Beside a stop word's 1: what a nat of the letter groups counts, and what the caller's belief does."""


def _scores(text: str, tokens: list[str]) -> dict[str, float]:
    scores: dict[str, float] = {}
    for word in tokens[:80]:
        for code, weight in _WEIGHTS.get(word) or _shop_word(word):
            scores[code] = scores.get(code, 0.0) + weight
    if not text.isascii():
        for code, pattern in _HINTS[:3] + _HINTS[4:]:
            if pattern.search(text):
                scores[code] = scores.get(code, 0.0) + 1.0
    if _HINTS[3][1].search(text):
        scores["fr"] = scores.get("fr", 0.0) + 0.8
    return scores


def _shop_word(word: str) -> tuple[tuple[str, float], ...]:
    owners = spelling.load().owners.get(word, ())
    return tuple((code, 0.29 / len(owners)) for code in owners) if len(owners) <= 2 else ()


def _by_script(text: str) -> str | None:
    if text.isascii():
        return None
    foreign = len(_OTHER_SCRIPT.findall(text))
    if foreign == 0 or foreign * 2 < len(_LATIN.findall(text)):
        return None
    for code, pattern in _SCRIPTS:
        if pattern.search(text):
            return code
    return "und"
