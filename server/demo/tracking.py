"""Tracking numbers that carriers' own checks accept, made from a serial number.

The rules are the published check-digit rules of each family (UPS 1Z, USPS 22 digits, FedEx Express 12 and Ground 15,
DHL Express 10). The numbers belong to nobody: shipper and serial parts are ours.
"""

from collections.abc import Iterable
from itertools import cycle


def _weighted(digits: Iterable[int], weights: Iterable[int]) -> int:
    return sum(digit * weight for digit, weight in zip(digits, cycle(weights), strict=False))


def _mod10(total: int) -> int:
    return (10 - total % 10) % 10


def ups(serial: int, service: str = "03") -> str:
    """`1Z`, six of shipper, two of service, seven of serial, one check digit; letters count as (code - 3) mod 10."""
    body = f"H4P1N9{service}{serial:07d}"
    values = [int(sign) if sign.isdigit() else (ord(sign) - 3) % 10 for sign in body]
    return f"1Z{body}{_mod10(_weighted(values, (1, 2)))}"


def usps(serial: int) -> str:
    """22 digits beginning 94; weights 3 and 1 from the left."""
    body = f"94001118{serial:013d}"
    return f"{body}{_mod10(_weighted(map(int, body), (3, 1)))}"


def fedex_express(serial: int) -> str:
    """12 digits; weights 3, 1, 7 from the left, sum mod 11 mod 10."""
    body = f"77{serial:09d}"
    return f"{body}{_weighted(map(int, body), (3, 1, 7)) % 11 % 10}"


def fedex_ground(serial: int) -> str:
    """15 digits; weights 1 and 3 from the left."""
    body = f"04{serial:012d}"
    return f"{body}{_mod10(_weighted(map(int, body), (1, 3)))}"


def dhl(serial: int) -> str:
    """10 digits, the last one the first nine mod 7."""
    body = f"{serial % 1_000_000_000:09d}"
    return f"{body}{int(body) % 7}"


def number(carrier: str, service: str, serial: int) -> str:
    """A valid number of a carrier (`ups usps fedex dhl`). Raises KeyError for another carrier."""
    if carrier == "fedex":
        return fedex_express(serial) if service == "FedEx 2Day" else fedex_ground(serial)
    return {"ups": ups, "usps": usps, "dhl": dhl}[carrier](serial)
