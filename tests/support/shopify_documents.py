"""What Shopify is known to take: the digest of every document that was validated against its Admin schemas.

Whoever changes an operation of ours by one sign makes it one that nobody has checked; `shopify.ShopifyStandIn` refuses it
when it is told to take these only.
"""

import hashlib
from typing import Final

VALIDATED: Final = {
    "OrderLookup": "6cb8166a7d2a4ce66af8f4fd25e21423541f5f011c77462a8de9e7c721e32017",
    "OrderState": "0f2cb3b7e31611816b274747bbf1b5ab7099c4827ac8f522f61c7241b932a61d",
    "Returnable": "aaf2923799e888b9f4331f70b659826b8d7570826df1cc000fe9344bba4edcbe",
    "Reasons": "b155c3bdc7b051bd272a1f246a6af1a2366518f663b7e5f3e4e296078bed4714",
    "ReturnPreview": "9da2ba8cedb06a1d77f0dae28478c76d96e3c649510954ff481a6f306a8ee42b",
    "ReturnCreate": "9c1c2507e0da3df3a0d73997574276c3f4529c994e86fb1afc70342de2eae4bd",
    "ReturnRequest": "c08dbb4f287090cea1ed70473c55a9492b967d356d798d207d7d73e3a1361087",
    "Approve": "7906602b6221f146262d3a833e551bd6eea0190b84ff5d57dccec58f10391be1",
    "Decline": "16dc223fd61ef42495c82413039fbb3a7339d1e4faa2314bf9ff7989dcdd4abe",
    "Label": "43b11ae935919fc652469f06f9bea212cfde45f2a6ca726c10caf95001b6fb47",
    "Dispose": "7fd931f7c17a4d5b391c09c98f40201959c93da30d52b5d6eb78b498f188d107",
    "Process": "28cf82c4150f33894ef8f72cb873400a0fcffb18e310238a04d1c9bee04b8fc4",
    "Suggest": "941e31d47d172a6131ded8a778f7e2043bfad4d3c65f7b53d0a59d6af2963bd5",
    "Refund": "bb33aee73290f5ebdb63427527519661bec343d8a7cf2918c4300ce7bcd48050",
    "Cancel": "bb1798d869596b607729363f57826048201eaaefb9291bdaa110485b933fc073",
    "Job": "1d46d09d4473918a90b4da069babe3debfb4fb579a0b3b05dd5625dcfb320c31",
    "Address": "94f2b0e4caaa749dfb02a4669f957fd08d11d1f97a157992e36492cbf9bbb326",
    "Hold": "b7617ecb03f3481f35005f6996f9b57a0d682e9d065d06683d1963e600b52fed",
    "Release": "da06386bac632bc87ec3c364f907051e346d4880abca66ffd60db7a4bbd53fe4",
    "Recall": "5850c3cdd871cf20bd1e0cd7707c18765d71317fb0a4a9874bd1468aa040ea6c",
    "Ev": "9ae8e185f3856e37425a98dbc225f035763fcf1eef99238aad6142869ed1a7b1",
    "Cust": "1ebde753ee3eaa69aa6d576d14d4b657cbfe5c442abd31ee246c5c2344d418f0",
    "Tag": "26fcfbcf25f3fdf5c6f928ba2496859743668bc14466a1de3b44d29818696c1a",
    "Hook": "7536d6efaa6b74ce46a970da6a2d56957632c3f7990586efda2a82d5160037b8",
    "Credit": "ba3a0e7745362bccf38940def3566e230571683c79e53b7a14680cb69a717567",
    "S": "39fa309dfb63654530ffb5a77aa2767207cfa63094eaf2aafdd24ea7cb59182d",
    "Delta": "d85ec1abd9553788a68d077293a36ccfa2f80ecabea620de1c58d4211808a3ae",
    "Outcome": "3aef16378f68f7fc5bb6e6d4d501be75599925c6c54befe36da213ccf534aee4",
    "ReturnCancel": "8350b8d7905e9ea87f6124e906f7c3d7d5d09a1399b524bb134bdbd913d1e228",
    "ReturnClose": "01aa3107bc72bdbe34c9554d1e27f3341e6aba55ae1f23a307ae2e7b87cdec45",
    "OrderTrack": "e47310b9f7894150dbe48663c312d19846428cc0afea03db472649ad9d6b4aab",
}
"""By operation name: the SHA-256 of its document."""


def is_validated(name: str, document: str) -> bool:
    """Whether it is one of them, byte for byte."""
    return VALIDATED.get(name) == hashlib.sha256(document.encode()).hexdigest()
