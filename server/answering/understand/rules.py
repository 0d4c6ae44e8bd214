"""Phrasings that mean one thing and nothing else; where one of these matches, the head is not asked.

High precision only: a rule that is sometimes wrong belongs into the lines. Patterns read folded text (lower case,
without accents), in English, Spanish, French, German, Portuguese and romanised Hindi.
"""

# ruff: noqa: E501 (a pattern is read whole, on one line)

import re

from server.answering.understand.shape import Intent

CONFIDENCE = 0.97

_GREETING = re.compile(
    r"(?:(?:hi+|hello+|hey+|heyy?a?|hiya|howdy|yo|sup|greetings|good (?:morning|afternoon|evening|day)|morning|evening"
    r"|hola|buen[oa]s?(?: (?:dias?|tardes?|noches?))?|que tal|bonjour|bonsoir|salut|coucou|hallo+|moin|servus|guten (?:tag|morgen|abend)"
    r"|gruss gott|grussgott|ola|oi+|bom dia|boa (?:tarde|noite)|namaste|namaskar|there|team|all|everyone|again|folks|guys|"
    r"support|a todos|zusammen|tudo bem|gente|dear|bhai|ji|sir|madam|como estas?|how are (?:you|u|things)(?: doing)?(?: today)?|how(?:'s| is|s) it going|how do you do|what'?s up|que tal todo|comment (?:ca va|allez-vous)|wie geht'?s|wie geht es (?:dir|ihnen)|tudo bom|kaise ho|ca va)[\s,.!?]*)+"
)
_THANKS = re.compile(
    r"(?:(?:ok(?:ay)?|hi|hello|hey|hola|bonjour|hallo|ola|oi|great|perfect|cool|awesome|super|got it|wonderful|alright|excellent|lovely|amazing|brilliant|nice|oh|"
    r"thank(?:s+| ?you| u)|thx|thnx|ty|tysm|cheers|much appreciated|appreciate it|many|so much|very much|a lot|a bunch|a million|again|"
    r"vale|perfecto|genial|muchas|muchisimas|gracias|mil|d'accord|parfait|merci|beaucoup|bien|super|alles klar|gut|danke(?: ?schon)?|"
    r"vielen|dank|lieben|sehr|herzlichen|muito|obrigad[oa]|valeu|otimo|beleza|certo|shukriya|dhanyawa?ad|bahut|accha|thik hai|"
    r"mate|guys|you|for (?:your|the) help|por (?:su|tu|la) ayuda|pour votre aide|pela ajuda|fur die hilfe|fur ihre hilfe)[\s,.!]*)+"
)
_THANK_WORD = re.compile(
    r"\b(?:thank|thanks+|thx|thnx|ty|tysm|cheers|appreciat|gracias|merci|danke|dank|obrigad|valeu|shukriya|dhanyawa?ad)"
)
_GOODBYE = re.compile(
    r"(?:(?:ok(?:ay)?|alright|thanks?|thank you|good ?bye|bye+|bye bye|cya|see (?:ya|you)(?: later| soon)?|later|take care|ttyl|good night|"
    r"have a (?:nice|good|great|lovely)(?: (?:day|one|evening|weekend|night))|adios|hasta (?:luego|pronto|manana)|chao|chau|"
    r"au revoir|a bientot|bonne (?:journee|soiree)|tschuss|tschau|auf wiedersehen|schonen tag(?: noch)?|bis bald|tchau|"
    r"ate (?:logo|mais)|alvida|that'?s (?:all|it)|gracias|merci|danke|obrigad[oa]|for now|now|then|schonen abend(?: noch)?|"
    r"que tenga (?:un )?buen dia|tenha um bom dia)[\s,.!]*)+"
)
_BYE_WORD = re.compile(
    r"\b(?:bye+|goodbye|good bye|cya|see y|later|take care|ttyl|good night|have a|adios|hasta|cha[ou]|revoir|bientot|bonne|"
    r"tsch|wiedersehen|schonen|bis bald|tchau|ate (?:logo|mais)|alvida|buen dia|bom dia)"
)

_THING = r"(?:order|oder|ordr|package|pkg|parcel|delivery|shipment|stuff|things?|items?|box|purchase|goods)"
_COSA = r"(?:pedido|paquete|compra|envio|orden|encomenda|pacote)"
_SACHE = r"(?:bestellung|paket|lieferung|sendung|ware|packchen)"
_CHOSE = r"(?:commande|colis|paquet|livraison)"
_GONE = r"(?:refund|return|reembolso|devolucion|remboursement|retour|erstattung|ruckerstattung|devolucao|estorno|money)"

_NO_GOODS = r"(?![^.?!,;]*\b(?:refund\w*|money|cash|reimburs\w*|discount|codes?|coupon|voucher|label|invoice|receipt|confirmation|points|credit|password|account|log ?in|subscription|e-?mails?|mail|reply|answer|exchange|return|warranty|replacement|cart|basket|wishlist|dinero|reembolso|devolucion|factura|codigo|cupon|descuento|cuenta|suscripcion|rembours\w*|argent|facture|avoir|etiquette|compte|retour|geld|erstatt\w*|ruckerstatt\w*|rechnung|gutschein\w*|gutschrift|konto|etikett|rucksend\w*|dinheiro|estorno|fatura|nota fiscal|conta|cupom|desconto)\b)"
"""What is missed and is no parcel; what follows is not about it."""
_COME = r"(?:arrived?|come|came|shown up|showed up|show up|turned up|been delivered|shipped|been shipped|got here|here)"

_SURE: tuple[tuple[Intent, str], ...] = (
    ("human_request", r"\b(?:talk|speak|chat|connected?|connect me|put me through|transfer(?: me)?)\b[^.?!]{0,20}\b(?:to|with|2) (?:a |an |the |your |some )?(?:real |live |actual )?(?:humna|human|person|agent|representative|rep|manager|supervisor|operator|someone|somebody|human being|colleague|customer service|staff)\b"),
    ("human_request", r"^\W*(?:(?:a |an |the )?(?:real |live )?(?:human|agent|representative|operator|person|humano|agente|operador|mensch|mitarbeiter|conseiller|atendente)(?:,? (?:please|pls|por favor|bitte|svp|now))?\W*)+$"),
    ("human_request", r"\b(?:don'?t|do not|not) (?:want to |wanna )?(?:talk|speak|chat)(?:ing)? (?:to|with) (?:a |this |the )?(?:bot|robot|machine|chatbot|ai|computer)\b"),
    ("human_request", r"\b(?:quiero|necesito|puedo|quisiera|deseo|prefiero)? ?(?:hablar|contactar|comunicar\w*|me comunican?|paseme|paserme|pasame) (?:con|a) (?:una? |el |la |algun )?(?:persona|humano|agente|alguien|encargad\w|supervisor\w?|asesor\w?|operador\w?|gerente|responsable|ser humano|representante)"),
    ("human_request", r"\b(?:parler|discuter)(?: directement)? (?:a|avec) (?:un |une |quelqu'un|votre |le )?(?:vraie? )?(?:personne|humain|conseiller\w*|agent|responsable|quelqu'un|operateur|etre humain)?\b.{0,12}(?:personne|humain|conseill|agent|responsable|quelqu'un|operateur)"),
    ("human_request", r"\bmit (?:einem|einer|jemand\w*|dem|ihrem) ?(?:echten |richtigen |realen )?(?:mensch\w*|mitarbeiter\w*|person|jemand\w*|berater\w*|vorgesetzt\w*|kollegen|chef)?\b.{0,12}\b(?:sprechen|reden|verbinden|chatten|telefonieren)"),
    ("human_request", r"\b(?:falar|conversar) com (?:uma? |o |a |algum )?(?:pessoa|humano|atendente|alguem|gerente|supervisor\w?|agente|responsavel|ser humano)"),
    ("human_request", r"\b(?:agent|insaan|human|customer care|manager|kisi) (?:se|insaan se) (?:baat|connect)"),
    ("delivery_problem", r"\b(?:says?|said|shows?|showing|marked|tracking|status|text|claims?)\b[^.!]{0,30}\b(?:delivered|deliverd)\b[^?]*\b(?:not|n'?t|never|nothing|no|nobody|isn|didn|haven|don|wasn|missing|empty)"),
    ("delivery_problem", r"\b(?:delivered|deliverd)\b[^.?!]{0,40}\b(?:but|yet|and)\b[^.?!]{0,30}\b(?:not here|nothing|never (?:got|received|came)|(?:don'?t|do not|didn'?t|did not|haven'?t|have not) (?:have|get|got|receive|received|seen)|isn'?t here|no package|no parcel)"),
    ("delivery_problem", r"\b(?:dice|aparece|figura|consta|pone|marca)\w*\b[^.?!]{0,30}\bentregad[oa]\b.*\b(?:no|nada|nunca|nadie)\b"),
    ("delivery_problem", r"\b(?:indique|dit|marque|affiche|est)\b[^.?!]{0,30}\blivree?\b.*\b(?:pas|rien|jamais)\b"),
    ("delivery_problem", r"\b(?:zugestellt|geliefert|ausgeliefert)\b.*\b(?:aber|doch|nicht|nichts|nie|kein)\b.*\b(?:da|bekommen|erhalten|hier|angekommen|paket|nichts|nix)\b"),
    ("delivery_problem", r"\b(?:diz|consta|aparece|esta como|marcad[oa])\b[^.?!]{0,30}\bentregue\b.*\b(?:nao|nada|nunca|ninguem)\b"),
    ("delivery_problem", r"\bdelivered\b.*\b(?:nahi|nhi) (?:mila|aaya|mili|pahuncha)"),
    ("refund_status", r"\b(?:where|wheres|where's|when|status|update|any news)\b[^.?!]{0,25}\b(?:my |the |a )?(?:refund|money back|money\b(?! order))"),
    ("refund_status", r"\b(?:still|haven'?t|have not|not|never|no) (?:\w+ ){0,3}(?:gotten|got|received|seen|recieved) (?:my |the |a |any )?(?:refund|money)"),
    ("refund_status", r"\b(?:donde|cuando|cuanto tarda|estado)\b[^.?!]{0,30}\b(?:reembolso|devolucion del dinero|mi dinero)"),
    ("refund_status", r"\b(?:ou|quand)\b[^.?!]{0,30}\b(?:rembours\w*)"),
    ("refund_status", r"\b(?:wo|wann)\b[^.?!]{0,30}\b(?:erstattung|ruckerstattung|mein geld|geld zuruck)"),
    ("refund_status", r"\b(?:cade|onde|quando)\b[^.?!]{0,30}\b(?:reembolso|estorno|meu dinheiro)"),
    ("refund_status", r"\b(?:refund|paisa|paise)\b[^.?!]{0,20}\b(?:kab|kahan|nahi aaya|nahi mila|nhi aaya|nhi mila)\b"),
    ("order_status", rf"\b(?:where|wheres|where's|wher)\b(?: (?:the \w+|on earth|in the world))? ?(?:is|are|'s|r)? ?(?:my|the|our) (?:\w+ ){{0,2}}{_THING}\b"),
    ("order_status", rf"\bwhen (?:will|is|does|do|can|would|should)\b (?:i |we )?(?:\w+ ){{0,2}}(?:my |the |our |it|{_THING})\s?(?:\w+ ){{0,2}}(?:arriv\w*|come|coming|get here|be here|be delivered|delivered|ship|be shipped|getting here)\b"),
    ("order_status", rf"\bhow (?:long|much longer|many (?:more )?days)\b[^.?!]{{0,12}}\b(?:until|till|til|before) (?:my|the|our) (?:\w+ )?{_THING} (?:arriv\w*|comes?|gets? here|is delivered)\b"),
    ("order_status", rf"\b(?:track|status of|update on|news on|news about|eta (?:on|for)|check on) (?:my|the|our) (?:\w+ )?{_THING}\b"),
    ("order_status", rf"\bhas (?:my|the|our) (?:\w+ )?{_THING} (?:been )?(?:shipped|left|gone out|dispatched|been sent)\b"),
    ("order_status", rf"\bdonde (?:esta|anda|viene|se encuentra|va)\b (?:mi|el|la) (?:\w+ )?{_COSA}"),
    ("order_status", r"\bcuando (?:me )?(?:llega\w*|llegara|recib\w*|sale|entregan|viene)\b"),
    ("order_status", rf"\bou (?:est|en est|se trouve|sont)\b (?:\w+ )?(?:mon|ma|le|la|mes) (?:\w+ )?{_CHOSE}"),
    ("order_status", rf"\bquand (?:vais-je|est-ce que je vais|vais je|arrive\w*|sera|recevrai)\b[^.?!]{{0,30}}(?:{_CHOSE}|recevoir|livre)"),
    ("order_status", rf"\bwo (?:bleibt|ist|steckt)\b (?:denn )?(?:mein\w*|die|das) (?:\w+ )?{_SACHE}"),
    ("order_status", rf"\bwann (?:kommt|wird|ist|bekomme|erhalte)\b[^.?!]{{0,30}}{_SACHE}"),
    ("order_status", rf"\b(?:onde (?:esta|anda)|cade|kd)\b (?:o |a |meu |minha |esse )*{_COSA}"),
    ("order_status", r"\bquando (?:\w+ ){0,3}(?:chega\w*|entreg\w*|recebo|vou receber)\b"),
    ("order_status", r"\b(?:mera|meri) (?:order|parcel|package|saman)\b[^.?!]{0,20}\b(?:kahan|kaha|kab)\b"),
    ("order_status", r"\b(?:order|parcel|package)\b[^.?!]{0,12}\bkab (?:tak )?(?:aayega|ayega|milega|pahunchega|deliver)"),
    ("order_status", rf"\b(?:where|wheres|wher)(?:'s| is| are|s| r| ?'?re)? (?:my|our) {_NO_GOODS}[a-z]"),
    ("order_status", rf"\b(?:has|have) (?:my|the|our) {_NO_GOODS}[^.?!,;]{{1,30}}? (?:gone out|shipped|dispatched|been (?:shipped|sent|dispatched|posted|packed)|left (?:yet|the warehouse|you))\b"),
    ("order_status", r"\b(?:has|have|was|were) (?:(?!not\b)#?[\w-]+ ){1,4}?(?:been )?(?:delivered|dispatched)(?: yet| already)?\s*\?"),
    ("order_status", rf"\b(?:is|are) (?:my|our) {_NO_GOODS}[^.?!,;]{{1,30}}? (?:coming|arriving|on (?:its|the|their) way|out for delivery|getting here)\b"),
    ("order_status", rf"\bwhen (?:will|is|does|do|are|should) (?:my|our) {_NO_GOODS}[^.?!,;]{{1,30}}? (?:arriv\w*|com(?:e|ing)|get(?:ting)? here|be here|be delivered|ship\w*|show up|turn up|here)\b"),
    ("order_status", rf"\b(?:my|our) {_NO_GOODS}[^.?!,;]{{1,25}}? (?:(?:still )?(?:has|have|did|is|are) ?n[o']?t|(?:still )?(?:hasn'?t|haven'?t|didn'?t|isn'?t|aren'?t)|has not|have not|never) (?:yet |even )?{_COME}\b"),
    ("order_status", rf"\b(?:where|how|when) (?:do|can|should|must|could) i (?:collect|pick up|fetch) (?:my|the|our) {_NO_GOODS}|\bdonde (?:recojo|retiro|puedo (?:recoger|retirar)) (?:mi|el|la) |\bou (?:puis-je|est-ce que je peux|dois-je) (?:recuperer|retirer|chercher) (?:mon|ma|le|la) |\bwo (?:kann|muss|soll) ich (?:mein\w*|die|das|den) [^.?!]{{1,30}} abholen|\bonde (?:levanto|retiro|posso (?:levantar|retirar|buscar)) (?:o|a|meu|minha) "),
    ("order_status", rf"\bdonde (?:esta|estan|anda|andan) (?:mi|mis) {_NO_GOODS}[a-z]|\bno (?:me )?(?:ha|han) llegado (?:mi|mis|el|la|los|las) {_NO_GOODS}[a-z]|\bmis? {_NO_GOODS}[^.?!,;]{{1,25}}? (?:no|aun no|todavia no|sigue sin) (?:me )?(?:ha |han )?(?:llega\w*|aparec\w*)|\bya (?:tendria|deberia)n? (?:que )?(?:estar aqui|haber llegado|de haber llegado|haberme llegado)"),
    ("order_status", rf"\bou (?:est|sont|en est|en sont) (?:ma|mon|mes) {_NO_GOODS}[a-z]|\b(?:ma|mon|mes) {_NO_GOODS}[^.?!,;]{{1,25}}? n(?:'est|e sont|'a|'ont) (?:toujours |encore )?(?:pas|jamais) (?:encore )?(?:arriv\w*|livr\w*|la\b|venue?s?)"),
    ("order_status", rf"\bwo (?:ist|sind|bleibt|bleiben|steckt) (?:denn )?mein\w* {_NO_GOODS}[a-z]|\b(?:ist|sind|wurden?) (?:mein\w*|die|der|das) {_NO_GOODS}[a-z]+ (?:(?:schon|denn|jetzt|bereits|eigentlich) )+(?:raus|unterwegs|verschickt|versendet|abgeschickt|weg|losgeschickt)\b|\bmein\w* {_NO_GOODS}[^.?!,;]{{1,25}}? (?:ist|sind) (?:immer )?noch nicht (?:da|hier|angekommen|gekommen|geliefert)"),
    ("order_status", rf"\b(?:onde (?:esta|estao|anda)|cade|kd) (?:o |a |os |as )?(?:meus?|minhas?) {_NO_GOODS}[a-z]|\b(?:o|a|meu|minha) {_NO_GOODS}[a-z]+ (?:ainda )?nao (?:chegou|apareceu|veio|foi entregue|me chegou)"),
    ("order_status", rf"\bmer[aie] {_NO_GOODS}[a-z]+(?: [a-z]+)? (?:kab|kaha|kahan|kidhar)\b|\b(?:order|parcel|package|packet|\d{{3,}}) ka kya (?:hua|scene|status|haal|chal)|\b(?:kidhar|kahan|kaha) (?:hai|h|pahuncha|phasa)\b[^.?!]{{0,12}}\b(?:order|parcel|package|saman)\b"),
    ("order_status", r"\b(?:change|move|choose|pick|postpone) (?:the|my) delivery (?:date|day|time|slot)\b"),
    ("order_status", r"\b(?:hold|keep|leave|redirect|reroute|reschedule|postpone|delay) (?:my|our) (?:parcel|package|order|delivery|box|shipment)\b(?! (?:address|open))"),
    ("delivery_problem", r"\bne (?:bouge|avance)(?:nt)? (?:plus|pas)\b[^.?!]{0,20}\b(?:depuis|jours?|semaines?)\b|\b(?:stuck|sitting|hasn'?t moved|not moved|no movement)\b[^.?!]{0,30}\b(?:for|since|in) (?:\w+ ){0,2}(?:days?|weeks?|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b|\bno se mueve (?:desde|hace)\b|\bbewegt sich (?:seit|nicht)\b|\b(?:parad[oa]|nao (?:se )?mexe|nao anda) (?:ha|desde)\b"),
    ("policy_question", r"\b(?:what|how|when|tell|explain|is|are|do|does|got)\b[^.?!]{0,30}\b(?:return|refund|exchange)s? (?:window|period|policy|policies|deadline|rules?|time ?frame|conditions)\b|\bhow (?:long|many (?:days|weeks))\b (?:do i have|have i got|do we have|does one have|is there|until)[^.?!]{0,14}\b(?:return|exchange|send)"),
    ("policy_question", r"\bhow (?:do|does|would) (?:the |your |a )?(?:returns?|refunds?|exchanges?|returning|exchanging)(?: (?:process|thing|stuff))? work\b|\bcomo (?:funciona|va|hago|es) (?:lo de )?(?:las?|una) (?:devoluci\w+|cambios?)\b|\bcomment (?:se passe|se passent|fonctionne|fonctionnent|marche|marchent) (?:les?|un) (?:retours?|echanges?|remboursements?)\b|\bwie (?:funktioniert|lauft|geht) (?:das mit )?(?:die|der|eine|ein|einer) (?:ruckgabe|rucksendung|retoure|umtausch|ruckerstattung)\b|\bcomo (?:funciona|funcionam|faco|e) (?:as?|uma) (?:devoluc\w+|trocas?)\b"),
    ("policy_question", r"\b(?:plazo|politica|condiciones) de (?:devolucion|cambio)\w*|\bcuant\w+ (?:tiempo|dias|plazo) (?:tengo|hay|tenemos)\b[^.?!]{0,16}\b(?:devol|cambi)|\b(?:delai|politique|conditions) de (?:retour|remboursement|retractation|echange)|\bcombien de (?:temps|jours)\b[^.?!]{0,26}\b(?:renvoyer|retourner|rendre|echanger)\b"),
    ("policy_question", r"\b(?:ruckgabefrist|ruckgaberecht|widerrufsfrist|ruckgabebedingungen|umtauschfrist|rucksendefrist)\b|\bwie (?:lange|viele tage)\b[^.?!]{0,30}\b(?:zuruck(?:geben|schicken|senden)|umtauschen|retournieren)\b|\b(?:prazo|politica) de (?:devolucao|troca)|\bquant\w+ (?:tempo|dias)\b[^.?!]{0,16}\b(?:devolver|trocar)\b|\bkitne din\b[^.?!]{0,14}\b(?:return|wapas)"),
    ("policy_question", r"\b(?:can|could|do|does|is|are|will)\b[^.?!]{0,16}\bgift[- ]?wrap\w*|\bgift[- ]?wrapping\b[^.?!]*\?|\b(?:envolver|envolvei?s|papel)\b[^.?!]{0,12}\b(?:para |de )?regalo\b|\b(?:emballage|paquet)[- ]cadeau\b|\bgeschenkverpack\w*|\balsgeschenk\b|\bembrulho|embrulh\w+ (?:para |de )?presente\b"),
    ("product_question", r"\bwhich (?:one )?of (?:your|the|these|those)(?: (?:two|three))? [^.?!]{2,40}\?|\b(?:diff|difference|differences) (?:between|of)\b"),
    ("refund_status", r"\b(?:has|have|was|is|did|were)\b (?:you |my |the |i |that )*(?:\w+ )?(?:refund|refunded)\b[^.?!]{0,20}\b(?:been|issued|processed|sent|gone out|done|yet|through|approved)\b"),
    ("refund_status", r"\b(?:did|have) you (?:already )?(?:send|sent|issue|issued|process|processed|make|made) (?:my|the) refund"),
    ("order_status", rf"\b(?:(?:have|has|did|do) ?n[o']?t|haven'?t|hasn'?t|didn'?t|never|not) (?:yet |even )?(?:received|recieved|receive|gotten|get|got) (?:my|the|our|any) (?:\w+ )?{_THING}\b(?! (?:number|confirmation|back))"),
    ("order_status", rf"\b(?:my|the|our) (?:\w+ )?{_THING} (?:(?:has|have|did|is|was) ?n[o']?t|hasn'?t|haven'?t|didn'?t|isn'?t|never|still hasn'?t) (?:yet |even )?(?:arrived?|come|came|shipped|here|been delivered|been shipped)\b"),
    ("order_status", rf"\b(?:no|nunca|aun no|todavia no) (?:me )?(?:ha llegado|llego|recibi|he recibido|llega)\b (?:\w+ )?(?:\w+ )?{_COSA}"),
    ("order_status", rf"\b(?:mon|ma|le|la) {_CHOSE} n'est (?:toujours |encore )?(?:pas|jamais) arrive|\bn'ai (?:toujours |encore )?(?:pas|jamais) (?:encore )?recu (?:mon|ma|le|la) {_CHOSE}"),
    ("order_status", rf"\b{_SACHE}\b[^.?!,]{{0,20}}\b(?:nicht|nie) (?:angekommen|erhalten|bekommen|da)\b"),
    ("order_status", rf"\b(?:nao|nunca) (?:recebi|chegou)\b (?:\w+ )?(?:\w+ )?{_COSA}|\b{_COSA} (?:ainda )?nao chegou"),
    ("order_status", rf"\bwhy (?:was|is|did|has|have)\b[^.?!]{{0,20}}\b{_THING}\b[^.?!]{{0,10}}\bcancel"),
    ("account", r"\b(?:forgot|reset|olvide|oublie|vergessen|esqueci)\b[^.?!]{0,25}\b(?:password|contrasena|mot de passe|passwort|senha)|\b(?:contrasena|mot de passe|passwort|senha)\b[^.?!]{0,15}\b(?:vergessen|oublie|olvidad)"),
    ("payment", r"\b(?:charged|billed|debited)\b (?:me )?(?:twice|two times|double)|\bdouble[- ]charge|\bcobr\w+ (?:dos|duas) ve[cz]es|\b(?:deux fois|zweimal|doppelt)\b[^.?!]{0,20}\b(?:preleve|debite|abgebucht|belastet)|\b(?:preleve|debite|abgebucht|belastet)\b[^.?!]{0,12}\b(?:deux fois|zweimal|doppelt)"),
    ("subscription", r"\b(?:cancel|stop|pause|end|skip|cancelar|pausar|resilier|kundigen|suspender)\b[^.?!]{0,15}\b(?:subscription|membership|autoship|suscripcion|abonnement|abo|assinatura)\b"),
    ("other", r"\bignore (?:all |any |the |your )*(?:previous|prior|above|earlier) (?:instructions?|prompts?|rules)|\b(?:system|hidden|initial) prompt\b|\bdeveloper mode\b|\bjailbreak\b|\bignora (?:todas )?(?:las|as) instruc\w+|\bignorier\w* (?:alle )?(?:vorherigen )?anweisungen"),
)  # fmt: skip
_RULES = tuple((intent, re.compile(pattern)) for intent, pattern in _SURE)
_MONEY_BACK = re.compile(rf"\b{_GONE}\b")


def courtesy(folded: str) -> Intent | None:
    """`greeting`, `thanks` or `goodbye` if the folded message is that and nothing more."""
    said = folded.strip(" ,.!?")
    if not said or len(said) > 120:
        return None
    if _GOODBYE.fullmatch(said) and _BYE_WORD.search(said):
        return "goodbye"
    if _THANKS.fullmatch(said) and _THANK_WORD.search(said):
        return "thanks"
    if _GREETING.fullmatch(said):
        return "greeting"
    return None


def sure(folded: str) -> list[Intent]:
    """The intents that a folded clause names beyond doubt, in the order of the rules."""
    found: list[Intent] = []
    for intent, pattern in _RULES:
        if intent not in found and pattern.search(folded):
            if intent == "order_status" and (found or _MONEY_BACK.search(folded)):
                continue
            found.append(intent)
    return found
