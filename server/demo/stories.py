"""The protagonists of the demo shop: who they are, which order they ask about, and what to say to try it.

Order numbers are fixed, whenever the demo is started. `row` is the row of the WISMO decision table (docs/wismo.md) that
the order is in when the shop opens. How the orders come about is in situations.py.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Story:
    """One protagonist with one order. `basket` is SKU and quantity; `featured` stories stand first on the demo page."""

    key: str
    number: int
    person: str
    city: str
    row: int
    title: str
    basket: tuple[tuple[str, int], ...]
    asks: tuple[str, ...]
    featured: bool = False
    vip: bool = False
    moves: bool = False

    @property
    def order_id(self) -> str:
        """The id of the order in the store."""
        return f"ord_{self.number}"


def _basket(*skus: str) -> tuple[tuple[str, int], ...]:
    return tuple((sku, 1) for sku in skus)


STORIES: Final = (
    Story(
        "in_transit", 1042, "Ana Lopez", "Denver", 12, "On its way, scan by scan",
        _basket("SCARF-RED", "BEANIE-CHARCOAL"),
        ("Where is my order 1042?", "When will the scarf be here?", "Tell me when it is out for delivery."),
        featured=True, moves=True,
    ),
    Story(
        "returnable", 1016, "Priya Raman", "Austin", 23, "Delivered, can go back",
        _basket("OXFORD-WHITE-M", "JEANS-INDIGO-M"),
        ("I want to return the shirt from order 1016.", "Can I swap the jeans for a size L?", "How long do I have?"),
        featured=True,
    ),
    Story(
        "late", 1002, "Marcus Chen", "Seattle", 15, "Late and silent",
        _basket("THROW-CHARCOAL", "CANDLE-PINE"),
        ("Order 1002 should have been here days ago!", "I want my money back."),
        featured=True,
    ),
    Story(
        "customs", 1025, "Emma Whitfield", "London", 16, "At customs, duty to pay",
        _basket("FIELD-FOREST-M"),
        ("Why is order 1025 stuck at customs?", "Do I have to pay anything?"),
        featured=True,
    ),
    Story(
        "not_received", 1034, "Tom Okafor", "Chicago", 23, "Delivered, says the carrier",
        _basket("CHELSEA-TAN-10"),
        ("Order 1034 says delivered but there is nothing here.", "I asked the neighbours already."),
        featured=True,
    ),
    Story(
        "vip", 1037, "Eleanor Vance", "Boston", 13, "A valued customer, a new date",
        _basket("DUVET-SAGE-QUEEN", "THROW-OATMEAL"),
        ("Has anything changed with order 1037?", "This is the second delay. I am not happy."),
        featured=True, vip=True,
    ),
    Story(
        "spanish", 1044, "Lucía Fernández", "Miami", 20, "Out for delivery, in Spanish",
        _basket("WRAP-PLUM-M"),
        ("¿Dónde está mi pedido 1044?", "¿Llega hoy?"),
        featured=True,
    ),
    Story(
        "cancellable", 1063, "Hannah Schmidt", "Brooklyn", 7, "Just ordered, still free to change",
        _basket("CARDI-PLUM-M", "TEE-WHITE-M"),
        ("Please cancel order 1063.", "Can I still change the delivery address?"),
        featured=True,
    ),
    Story(
        "two_parcels", 1040, "Daniel Nguyen", "Houston", 28, "One order, three parcels",
        _basket("LAMP-CLAY", "MUGS-CREAM", "BOARD-OAK-LARGE"),
        ("Only the lamp came. Where is the rest of 1040?",),
        featured=True,
    ),
    Story(
        "attempted", 1039, "Zoe Papadopoulos", "Philadelphia", 21, "Nobody was at home",
        _basket("PERCALE-WHITE-QUEEN"),
        ("You missed me. What happens with 1039 now?",),
        featured=True,
    ),
    Story(
        "refund_pending", 982, "Isabel Moreau", "Montréal", 23, "A refund on its way",
        _basket("BLOUSE-BLUSH-S"),
        ("Where is my refund for order 982?",),
        featured=True,
    ),
    Story(
        "damaged", 1033, "Yusuf Demir", "Columbus", 19, "Damaged on the way",
        _basket("VASE-CLAY", "BOWL-CREAM"),
        ("What happened to order 1033?", "The vase is broken."),
        featured=True,
    ),
    Story(
        "cancelled", 1054, "Noah Williams", "Phoenix", 1, "Cancelled, money returned",
        _basket("SHELL-SLATE-L"), ("Did my cancellation of 1054 go through?",),
    ),
    Story(
        "payment_failed", 1061, "Fatima Al-Sayed", "Detroit", 2, "The card was declined",
        _basket("SHDRESS-INDIGO-S"), ("What is happening with 1061?",),
    ),
    Story(
        "address_hold", 1059, "Jakub Nowak", "Chicago", 3, "The address does not exist",
        _basket("FLANNEL-RUST-L"), ("Why is 1059 on hold?",),
    ),
    Story(
        "routine_check", 1060, "Grace Kim", "Los Angeles", 4, "A routine check",
        _basket("CHELSEA-BLACK-8", "FIELD-NAVY-S"), ("When do you ship 1060?",),
    ),
    Story(
        "back_order", 1030, "Liam O'Connor", "Boston", 5, "Out of stock, date known",
        _basket("BEANIE-CREAM", "SOCKS-FOREST-M"), ("Where is 1030?",),
    ),
    Story(
        "preorder", 1018, "Sofia Rossi", "San Francisco", 6, "Not made yet",
        _basket("PEACOAT-NAVY-S"), ("When does the coat of order 1018 ship?",),
    ),
    Story(
        "not_sent", 1029, "Diego Ramírez", "San Diego", 8, "Should have left already",
        _basket("KETTLE-FOREST"), ("Why has 1029 not shipped?",),
    ),
    Story(
        "packing", 1057, "Mei Tanaka", "Seattle", 9, "In the warehouse's hands",
        _basket("THROW-RUST", "NAPKIN-SAND"), ("Can I still cancel 1057?",),
    ),
    Story(
        "label", 1056, "Olivia Brown", "Nashville", 10, "Label made today",
        _basket("TOTE-NAVY"), ("Has 1056 left yet?",),
    ),
    Story(
        "no_scan", 1043, "Ahmed Hassan", "Washington", 11, "A label, but no parcel seen",
        _basket("HALFZIP-NAVY-L"), ("1043 has said 'label created' for days.",),
    ),
    Story(
        "stalled", 1027, "Chloe Martin", "Salt Lake City", 14, "Quiet for four days",
        _basket("TOWEL-CLAY"), ("Is order 1027 lost?",),
    ),
    Story(
        "bad_address", 1032, "Kwame Mensah", "Atlanta", 17, "The carrier cannot find the door",
        _basket("TEE-BLACK-L", "CHINO-SAND-L"), ("What is wrong with 1032?",),
    ),
    Story(
        "weather", 1041, "Ingrid Larsen", "Minneapolis", 18, "Snow on the road",
        _basket("SLIPPER-TAN-9"), ("Where is 1041?",),
    ),
    Story(
        "pickup", 1022, "Rafael Costa", "Orlando", 22, "Waiting at the counter",
        _basket("DOWNVEST-RUST-M"), ("Where do I collect 1022?",),
    ),
    Story(
        "returning", 1006, "Nina Petrova", "Kansas City", 25, "Going back to us",
        _basket("MUGS-SLATE"), ("Why is 1006 going back?",),
    ),
    Story(
        "returned", 986, "Samuel Levi", "Portland", 26, "Back with us",
        _basket("CARDI-CHARCOAL-L"), ("Order 986 came back to you. What now?",),
    ),
    Story(
        "lost", 969, "Aisha Bello", "New Orleans", 27, "Lost for good",
        _basket("GLOVES-OATMEAL-SM", "SCARF-NAVY"), ("Any news of 969?",),
    ),
    Story(
        "gift_card", 1058, "Maya Cohen", "Pittsburgh", 29, "A gift card by e-mail",
        _basket("GIFT-50"), ("I cannot find the gift card of 1058.",),
    ),
    Story(
        "unreadable", 1026, "Victor Duarte", "Albuquerque", 30, "The carrier does not answer",
        _basket("BATHMAT-SLATE"), ("Where is 1026?",),
    ),
    Story(
        "return_in_transit", 1003, "Anaïs Girard", "Vancouver", 23, "A return on its way",
        _basket("BRETON-NAVY-M", "TEE-SAGE-M"), ("Did my return for 1003 arrive?",),
    ),
    Story(
        "exchange", 996, "Kenji Watanabe", "San Francisco", 23, "An exchange approved",
        _basket("CHINO-NAVY-M"), ("How do I send back the chinos of 996?",),
    ),
    Story(
        "refunded", 951, "Greta Lindqvist", "Buffalo", 23, "Refunded",
        _basket("TURTLE-BLACK-S", "SKIRT-SAGE-S"), ("Did you refund order 951?",),
    ),
    Story(
        "past_window", 815, "Omar Haddad", "Raleigh", 23, "Too late to return",
        _basket("LINSHIRT-SAND-L"), ("I want to return order 815.",),
    ),
    Story(
        "final_sale", 1014, "Beatriz Almeida", "Orlando", 23, "Bought as final sale",
        _basket("CORD-RUST-M"), ("The corduroys of 1014 do not fit.",),
    ),
    Story(
        "disputed", 990, "Leo Bianchi", "Brooklyn", 23, "The bank is asking",
        _basket("BELT-TAN-M"), ("I disputed order 990 with my bank.",),
    ),
    Story(
        "german", 1008, "Jonas Becker", "Berlin", 23, "Zugestellt, in German",
        _basket("FISHER-CREAM-L"), ("Ich möchte meine Bestellung 1008 zurückgeben.",),
    ),
    Story(
        "hygiene", 1013, "Camila Ortega", "San Diego", 23, "Delivered, a hygiene article",
        _basket("BRIEFS-BLACK-M", "HOOPS-GOLD"), ("Can I return the briefs of order 1013?",),
    ),
)  # fmt: skip

STORY_BY_KEY: Final = {story.key: story for story in STORIES}
UNREADABLE: Final = STORY_BY_KEY["unreadable"].order_id
"""The order whose carrier feed is dead: its shipment says `unknown`."""
