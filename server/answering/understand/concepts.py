"""The words of a shop's desk in six languages, by the idea they stand for.

`reembolso`, `Erstattung` and `money back` are one idea. The head learns from ideas beside words, so that a line in one
language teaches the others, and a word that no line holds still counts. Stems ending in `*` match any ending.
"""

# ruff: noqa: E501 (word lists are read as words)

from collections.abc import Mapping
from functools import lru_cache

_IDEAS: dict[str, str] = {
    "order": "order* oder purchase* pedido* orden compra commande* bestell* auftrag* encomenda* checkout",
    "parcel": """package* parcel* pkg box boxes packet paquete* colis paket* packchen pacote* sendung* envio* shipment*
        shipping consignment item* stuff goods delivery deliveries livraison* lieferung* entrega* caja carton""",
    "arrive": """arriv* come comes coming llegar* llega llegan llego llegue chegar* chega chegam chegou ankommen ankommt
        angekommen kommt aayega ayega aaya aayi lleg* pahuch* pahunch*""",
    "receive": """receiv* reciev* recib* recu recois recevoir recevrai recebi* recebo receb* erhalten bekommen bekomme
        mila mili milega milegi got gotten""",
    "deliver": """deliver* entregad* entregue* entregar* livre livrer livree zugestellt* geliefert* zustell* livrad*
        entregar* liefern liefert""",
    "deliverystate": "delivered entregado entregue livre zugestellt deliverd",
    "send": """send sent ship shipped ships enviar enviad* enviaron enviou envoyer envoye expedi* schicken schickt
        verschickt versendet versand* bhejo bhej dispatch* despach*""",
    "track": "track* tracking seguimiento rastre* suivi suivre sendungsverfolg* sendungsnummer verfolg* localiz*",
    "status": "status state update* news estado statut stand noticias nouvelle* neuigkeit* progress estatus",
    "where": "where wheres donde onde ou wo kahan kaha cade whereabouts wher",
    "when": "when cuando quando quand wann kab eta tomorrow manana amanha demain morgen",
    "late": """late delay* retras* retard* verspat* atras* tarda demor* waiting wait esper* attend* warte* aguard*
        still todavia aun ainda toujours encore noch abhi yet tak overdue""",
    "lost": """lost lose perd* verloren stolen theft robad* robar* vole vols gestohlen roubad* vanish* disappear*
        extravi* stuck atascad* bloque* parad* hangt stecken* missing verschwunden disparu""",
    "carrier": """carrier courier driver ups fedex dhl usps hermes gls dpd royal mailman postman repartidor* mensajer*
        correos livreur transporteur* colissimo chronopost paketbote* zusteller* fahrer entregador* transportador*
        correios correio poste post estafet* mensageir* bote kurier""",
    "place": """porch door doorstep mailbox neighbor* neighbour* locker depot customs vecin* puerta buzon aduana*
        voisin* porte boite douane* nachbar* tur briefkasten zoll vizinh* porta alfandega* portaria portero concierge
        relais packstation abholstation""",
    "refund": """refund* refnd* reembols* rembours* erstatt* ruckerstatt* estorn* reimburse* reintegr* geldzuruck
        zuruckerstatt* cashback""",
    "money": "money cash dinero dinheiro argent geld paise paisa plata fric sous grana pasta",
    "back": "back vuelta volta zuruck wapas wapis",
    "return": """return* retrun* retun retourn* retour devol* devuelv* renvo* zuruckschick* zurucksend* zuruckgeb*
        ruckgab* rucksend* retoure* retornar rma""",
    "exchange": """exchang* exhange swap* switch trade umtausch* tausch* cambio cambiar* cambie cambien troca trocar*
        echang* replace* badal* badl* substitu*""",
    "cancel": "cancel* cancl* cancle annul* anular* anul* storn* abbestell* desist* widerruf* kundig* resili*",
    "change": "change* chang* modif* edit update correct* andern geandert anderung* alter* corrig* korrig* andere",
    "address": """address* adress* direccion* endereco* morada* anschrift zip postcode postal cep plz street strasse
        calle rue rua apartment apt wohnung piso departamento hausnummer domicilio""",
    "move": "moved moving mudei mudanca mude mudado mudanza umgezogen umzug demenag*",
    "add": "add adding anadir agregar ajouter* hinzufug* adicionar acrescentar include upgrade",
    "remove": "remove take quitar eliminar* enlever retirer entfern* tirar remover leave",
    "quantity": "quantity cantidad quantite menge anzahl quantidade",
    "broken": """broke* damag* crack* smash* shatter* torn leak* defect* scratch* rota* roto* danad* defectuos* casse*
        abime* endommag* defectueu* kaputt* beschadigt* defekt* zerbroch* quebrad* danificad* defeituos* partid* toot*
        tuta tooti dent* faulty stain* rasgad* dechire* gerissen zerkratzt* rompio rompido estragad* avariad*""",
    "wrong": """wrong incorrect* equivocad* erron* errad* mauvais* falsch* galat mistake erreur fehler trompe* engano
        another autre otro otra outro outra fremd* different verkehrt*""",
    "missing": "missing falta faltan faltou faltando manque* manquant* fehlt fehlen incomplet* unvollstandig* half",
    "size": """size sizes sizing talla* taille* grosse* tamanho* pointure* medium large small xl xs big bigger tight
        grande pequen* petit* klein* gross* zu apertad* ajustad* taglia""",
    "colour": "color* colour* couleur* farbe* cor cores blue red black white azul rojo negro preto rouge noir blau rot",
    "fit": "fit fits queda quedan serve servem passt passen va sitzt",
    "stock": """stock instock restock* available* availab* disponib* verfugbar* vorratig* lager sold agotad* epuise*
        ausverkauft* esgotad* inventory estoque rupture repo* reapro* discontinu*""",
    "promo": """discount* coupon* promo* code codes voucher* descuent* cupon* cupom* desconto* rabatt* gutschein* reduction*
        remise* codigo* rebaja* sale soldes oferta* points puntos pontos punkte loyalty angebot*""",
    "giftcard": "giftcard* gift tarjeta-regalo geschenk* cadeau* regalo presente",
    "pay": """pay pays paid payment* paying pago* pagar* pague* paguei paye* paiement* zahl* bezahl* pagament* klarna
        paypal bizum pix boleto upi emi cod""",
    "charge": """charg* billed cobr* debit* abgebucht* abbuch* belast* preleve* prelevement* facture* double doppelt
        twice cargo cargos""",
    "twice": "twice double doble duas deux zweimal doppelt dobro dos veces vezes fois baar",
    "card": "card cards tarjeta* carte* karte* kreditkarte* cartao visa mastercard amex bank banco banque",
    "invoice": "invoice* receipt* factura* facture* rechnung* fatura* nota recibo* ticket quittung beleg vat iva tva mwst",
    "subscription": """subscri* subsci* suscri* abonn* abo assinatura* subscric* membership* autoship autorenew* plan
        mitgliedschaft* renew* recurring monthly mensual* mensuel* monatlich*""",
    "pause": "pause paus* skip skipp* saltar sauter uberspring* pular suspend* pausieren hold resume",
    "account": "account* cuenta* compte* konto kundenkonto conta contas profile perfil profil username usuario benutzer*",
    "login": """login log logged signin sign password* pasword* contrasena* passe passwort* senha* anmeld* einlogg*
        connecter connexion iniciar entrar acceder locked einloggen zugang verification hacked""",
    "data": "data datos daten donnees dados gdpr rgpd dsgvo lgpd privacy newsletter unsubscribe marketing emails mails",
    "warranty": "warrant* garant* guarante* gewahrleist*",
    "repair": "repair* repar* reparier* reparatur* fix fixed conserto consertar spare service",
    "stopped": """stopped stops died quit quits failed dejo parou arrete* funktioniert* functions works funciona*
        marche fonctionne geht kaam""",
    "duration": """months month meses mes mois monat* mahine year years ano anos annee* jahr* ans saal weeks week semana*
        semaine* woche*""",
    "policy": "policy policies politica* politique* richtlinie* bedingung* conditions rules rule regla* terms plazo frist delai prazo",
    "cost": "cost costs fee fees cuesta* cuanto coute* combien kostet kosten custa quanto price precio prix preis preco gratis free gratuit* gratuito* kostenlos*",
    "open": "open hours horario* horaires offnungszeiten abierto ouvert geoffnet aberto located store stores tienda magasin laden loja filiale",
    "human": """human* humna person people persona* pessoa* mensch* agent* agente* conseiller* mitarbeiter* atendente*
        representative* rep operator operador* manager supervisor* gerente* responsable someone alguien quelqu'un jemand*
        alguem insaan real asesor* vorgesetzt* chef staff humain* humano* colleague berater*""",
    "talk": "talk speak call phone hablar falar parler sprechen telefon* llamar ligar appeler anrufen ruckruf* baat reden transfer* connect hablo contactar",
    "bot": "bot robot* chatbot machine maquina automat* roboter",
    "angry": """worst terrible horrible awful useless ridiculous unacceptable pathetic disgust* disgrace shame joke rude
        peor pesim* vergonzos* inaceptable* inutil* pire nul* honte* inadmissible* inacceptable* scandale* schlecht*
        unverschamt* frech* unmoglich* katastroph* skandal* pior pessim* vergonha* absurdo* ridicul* inaceitave* bakwas
        appall* atrocious dreadful shocking lousy dismal abysmal stinks lament* mies* miserabl* furious ghatiya bekar scam* estafa* arnaque* betrug* golpe* disappoint* decepcion* decu* enttausch* decepcionad* fed
        harto* marre* satt cansad* farto* lied mentir*""",
    "complain": "complain* complaint* queja* quejar* reclam* plainte* plaindre* beschwer* reclamacao hoja shikayat",
    "hello": """hi hello hey hiya heyy hii hola ola oi bonjour bonsoir salut coucou hallo moin servus gruss guten buenas
        buenos namaste namaskar morning evening""",
    "thanks": "thank* thanks thx ty tysm cheers gracias merci danke* obrigad* valeu dhanyavaad shukriya dhanyawad vielen",
    "bye": "bye goodbye adios chao chau tschuss tchau ciao revoir bientot wiedersehen cya farewell ate alvida hasta",
    "not": "not no dont don't didn't didnt never isn't isnt haven't havent hasn't doesn't doesnt nothing nunca nada pas jamais rien nicht nie nichts kein* nao nunca nahi nhi nahin aucun* ningun* nenhum* n'ai n'est sin sans ohne sem",
    "want": "want wanna need would quiero necesito quisiera veux voudrais souhaite mochte will brauche quero preciso gostaria chahiye karna",
    "how": "how como comment wie kaise",
    "can": "can could may possible puedo puede puedes peux puis pouvez kann konnen possivel posso pode possible moglich sakta sakte",
    "use": """material made fabric waterproof compatib* wash* dimension* tela materia* impermeable* lavar* medida* matiere*
        etanche* lavable* masse* wasserdicht* waschbar* waschen impermeavel* medidas contain* battery tall height hauteur altura alto hoch hohe width long wide heavy skin piel peau haut pele thread pegs oven horno four ofen forno
        battery weight peso poids
        gewicht instructions manual anleitung* instrucciones notice manuel""",
    "ship_to": "ship deliver international canada europe abroad extranjero etranger ausland exterior",
}


@lru_cache(maxsize=1)
def _tables() -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]:
    whole: dict[str, list[str]] = {}
    stems: dict[str, list[str]] = {}
    for idea, listed in _IDEAS.items():
        for word in listed.split():
            table = stems if word.endswith("*") else whole
            table.setdefault(word.rstrip("*"), []).append(idea)
    return {k: tuple(v) for k, v in whole.items()}, {k: tuple(v) for k, v in stems.items()}


@lru_cache(maxsize=8192)
def ideas_of(word: str) -> tuple[str, ...]:
    """The ideas that a folded word stands for, without repeats."""
    whole, stems = _tables()
    found = list(whole.get(word, ()))
    for length in range(3, len(word) + 1):
        found.extend(stems.get(word[:length], ()))
    return tuple(dict.fromkeys(found))


def ideas(tokens: list[str]) -> list[tuple[str, ...]]:
    """For each word that stands for something: its ideas, in order."""
    return [found for found in map(ideas_of, tokens) if found]
