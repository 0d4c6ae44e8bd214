"""Spots what a person must decide: legal threats, safety, reputation, chargebacks, vulnerable people.

High recall on purpose: a needless look by a person costs minutes, a missed one costs a customer or worse. Patterns
read folded text in five languages and romanised Hindi. Whether a customer is important (`vip`) is the caller's to say.
"""

# ruff: noqa: E501 (a pattern is read whole, on one line)

import re

from server.answering.understand.shape import Risk

_LISTED: tuple[tuple[Risk, str], ...] = (
    (
        "legal",
        r"\b(?:lawyers?|attorneys?|solicitors?|sue|suing|sued|lawsuit|legal (?:action|advice|steps|team|department|rights?|proceedings)|legally|court|"
        r"small claims|litigation|subpoena|class action|consumer (?:protection|rights?|affairs|forum|court)|trading standards|ftc|"
        r"attorney general|better business bureau|bbb|ombudsman|gdpr|data protection|cease and desist|statutory|"
        r"abogad[oa]s?|demandar(?:e|los|les|lo)?|demanda|denunciar?(?:e|los)?|denuncia|juzgado|tribunal(?:es)?|juicio|acciones legales|via legal|profeco|"
        r"hoja de reclamacion(?:es)?|consumo|omic|facua|"
        r"avocate?s?|porter plainte|plainte|tribunal|justice|poursui\w+|mise en demeure|huissier|dgccrf|action en justice|60 millions|ufc|"
        r"anwalt\w*|rechtsanw\w+|klage|verklag\w*|gericht\w*|anzeige|rechtliche\w* schritte|verbraucher(?:schutz|zentrale)\w*|rechtsschutz\w*|abmahn\w*|mahnbescheid|"
        r"advogad[oa]s?|processar|processo judicial|justica|procon|juizado|tribunal|acao judicial|medidas (?:legais|judiciais)|livro de reclamac\w+|deco|"
        r"vakil|vakeel|consumer court|case kar\w*|kanooni|legal notice|police (?:report|complaint))\b",
    ),
    (
        "safety",
        r"\b(?:caught (?:on )?fire|on fire|fire hazard|smok(?:e|ing|ed)|burn(?:t|ed|ing|s)?|explod\w*|explosion|electric(?:al)? shock|electrocut\w*|shocked me|sparks?|sparking|overheat\w*|"
        r"injur\w*|hurt (?:my|me|him|her|himself|herself)|bleed\w*|hospital\w*|emergency room|ambulance|allerg\w*|rash|choke|choking|choked|swallow\w*|poison\w*|toxic|food poisoning|"
        r"(?:cut|sliced) (?:my|his|her|me)|glass in (?:my|the|it)|unsafe|dangerous|hazard|recall(?:ed)?|carbon monoxide|gas leak|"
        r"incendi\w*|humo|quem(?:o|e|aduras?|ado|ada|aron|arse)|explot\w*|exploto|descarga electrica|calambre|herid\w*|hirio|alergi\w*|hospital|intoxic\w*|asfixi\w*|peligros\w*|atragant\w*|sangr\w*|chispas?|"
        r"pris feu|prend feu|en feu|incendie|fumee|brul\w*|explos\w*|electrocut\w*|decharge electrique|bless\w*|allergi\w*|hopital|urgences|intoxi\w*|etouff\w*|dangereu\w*|etincelles?|saigne\w*|"
        r"brennt|gebrannt|brand|feuer|rauch\w*|verbrann\w*|verbrennung\w*|explodier\w*|stromschlag|verletz\w*|krankenhaus|vergift\w*|erstick\w*|gefahrlich\w*|funken|blut\w*|uberhitz\w*|notaufnahme|"
        r"pegou fogo|fogo|fumaca|queim\w*|explod\w*|explodiu|choque|machuc\w*|feri(?:u|do|da|mento)|alergia|hospital|intoxica\w*|engasg\w*|perigos\w*|faisca\w*|sangrando|"
        r"aag|jal gaya|jal gayi|current laga|chot|blast|dhuan)\b",
    ),
    (
        "reputation",
        r"\b(?:(?:bad|negative|one star|1 star|honest|terrible|public) review|review(?:s)? (?:online|on|everywhere)|trustpilot|yelp|google reviews?|tiktok|instagram|insta|facebook|twitter|reddit|linkedin|youtube|influencer|followers?|"
        r"social media|go(?:ing)? (?:viral|public)|tell everyone|post(?:ing)? (?:this|about|it) (?:on|online|everywhere)|journalist|newspaper|the press|the media|news station|expose you|warn (?:others|people|everyone)|"
        r"resena|resenas|opiniones negativas|redes sociales|redes|viral|prensa|periodista|periodico|publicar(?:e|lo)?|"
        r"avis negatif|mauvais avis|reseaux sociaux|reseaux|presse|journalistes?|buzz|signal-arnaques|"
        r"(?:schlechte|negative|ein stern) bewertung\w*|bewertung(?:en)? (?:schreiben|abgeben|hinterlassen)|soziale\w* (?:medien|netzwerk\w*)|presse|zeitung|offentlich machen|"
        r"avaliac(?:ao|oes) negativa\w*|redes sociais|reclame aqui|imprensa|jornal|jornalista|portal da queixa|"
        r"media mein|social media pe|viral kar\w*|review dunga)\b",
    ),
    (
        "chargeback",
        r"\b(?:charge ?back\w*|dispute (?:this|the|it|that|my|your)?(?: \w+)?(?: charge| payment| transaction| with)|disput\w+ (?:it |this |the )?(?:charge|payment|transaction|with)|(?:my|the) bank (?:to )?(?:reverse|dispute|block)|revers\w+ the (?:charge|payment)|stop (?:the )?payment|"
        r"(?:paypal|card|bank) (?:claim|case|dispute)|(?:call|contact|report|go to|tell|talk to|through|calling|contacting) (?:to )?(?:my|the) (?:bank|credit card|card company|card issuer)|report(?:ed)? (?:this |it )?(?:as )?fraud|section 75|"
        r"contracargo\w*|retroceso|disputa\w*|reclamar (?:al|a mi|con mi|en mi) banco|(?:mi|al) banco (?:a |para )?(?:devuelv\w*|anul\w*|reclam\w*)|anular el (?:cargo|pago)|hablar con (?:mi|el) banco|llamar al banco|"
        r"retrofacturation|opposition|contester (?:le |ce )?(?:paiement|prelevement|debit)|(?:ma|la) banque|litige paypal|litige|"
        r"ruckbuchung|ruckbuchen|zuruckbuchen|ruckbuch\w*|kauferschutz|paypal[- ]?fall|bank (?:einschalten|kontaktieren|zuruckholen)|lastschrift zuruck\w*|"
        r"estorno no cartao|contestar (?:a |o )?(?:compra|cobranca|pagamento)|contestacao|chargeback|(?:meu|ao|no|o) banco|disputa (?:no|com) (?:paypal|cartao)|"
        r"bank (?:se|mein) (?:complaint|dispute|reverse))\b",
    ),
    (
        "vulnerable",
        r"\b(?:suicid\w*|kill myself|end (?:my|it all)|self[- ]?harm|want to die|hurt myself|depress\w*|panic attack|mental health|breakdown|anxiety|cancer|chemo\w*|terminal(?:ly)?|hospice|disab(?:led|ility)|wheelchair|blind|deaf|dementia|alzheimer\w*|"
        r"(?:passed away|died|funeral|bereave\w*|widow\w*|grie[fv]\w*|my late (?:husband|wife|mother|father|son|daughter))|elderly|i'?m (?:7|8|9)\d\b|(?:7|8|9)\d years? old|domestic (?:abuse|violence)|abusive|homeless|can'?t afford (?:food|rent|to eat)|eviction|pregnan\w*|premature baby|oxygen|insulin|"
        r"medication|medicine|my (?:son|daughter|child) is (?:sick|ill|autistic)|autis\w*|surgery|minor|i'?m (?:1[0-7])\b|"
        r"suicid\w*|matarme|quitarme la vida|depresi\w*|ansiedad|cancer|discapacid\w*|silla de ruedas|ciego|ciega|sord[oa]|fallec\w*|murio|funeral|viud[oa]|luto|anciana?|embaraz\w*|maltrato|no tengo (?:para comer|dinero para comer)|medicament\w*|"
        r"me tuer|en finir|depressi\w*|anxiete|handicap\w*|fauteuil roulant|aveugle|sourde?|decede\w*|mort(?:e)?|obseques|enterrement|veuve?|deuil|agee?|enceinte|violences? conjugales?|"
        r"umbringen|selbstmord\w*|depressi\w*|krebs|behinder\w*|rollstuhl|schwerbehindert\w*|gehorlos|verstorben\w*|gestorben|beerdigung|witwer?|trauer\w*|schwanger\w*|hausliche gewalt|pflegebedurftig\w*|medikament\w*|demenz|"
        r"me matar|tirar minha vida|depressao|ansiedade|cancer|deficien\w*|cadeira de rodas|cego|cega|surd[oa]|faleceu|morreu|funeral|viuv[oa]|idos[oa]|gravida|violencia domestica|remedios?|"
        r"mar jaunga|khudkushi|guzar gaye|viklang|garbhvati)\b",
    ),
)
_PATTERNS = tuple((risk, re.compile(pattern)) for risk, pattern in _LISTED)
_HARMLESS = re.compile(
    r"\b(?:burn(?:t|ed)? (?:orange|sienna|umber)|food court|tennis court|fire ?(?:tv|stick|place|pit)|sunburn\w*|burning question|no smoke|smoke gr[ae]y|smoked \w+|smoking jacket|"
    r"hypoallergenic|colou?r ?blind|blind date|window blinds?|deafening|dead ?line|to die for|blood orange|sparkling|toxic waste candle|minor (?:issue|scratch|problem|damage|thing|change)|"
    r"marca|fireproof|scratch on the medicine cabinet|medicine ball|deadline|brand ?new|brand)\b"
)


def spot(folded: str) -> tuple[Risk, ...]:
    """The risks that a folded message names, in a fixed order."""
    plain = _HARMLESS.sub(" ", folded)
    return tuple(risk for risk, pattern in _PATTERNS if pattern.search(plain))
