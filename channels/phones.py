"""One telephone number that providers write in several ways: the form under which it is compared.

Brazil put a 9 before its mobile numbers, Mexico and Argentina wrote a digit after the country code that marked them. A provider
may say either; replies go to the form that it said, matching goes by `canonical`. Pure, digits only, no table of carriers.
"""

import re
from typing import Final

_BRAZIL: Final = re.compile(r"\+55([1-9][1-9])([6-9]\d{7})")
"""A mobile number of before 2016: without the ninth digit. Landlines begin with 2 to 5 and never had one."""
_MEXICO: Final = re.compile(r"\+521(\d{10})")
_ARGENTINA: Final = re.compile(r"\+549(\d{10})")
_PLAUSIBLE: Final = re.compile(r"\+[1-9]\d{4,14}")


def canonical(number: str) -> str:
    """An international number (`+` and digits) in the one form that its variants share; anything else as it is."""
    if match := _BRAZIL.fullmatch(number):
        return f"+55{match[1]}9{match[2]}"
    if match := _MEXICO.fullmatch(number):
        return f"+52{match[1]}"
    if match := _ARGENTINA.fullmatch(number):
        return f"+54{match[1]}"
    return number


def is_number(value: str) -> bool:
    """Whether this is an international number: `+`, then 5 to 15 digits."""
    return _PLAUSIBLE.fullmatch(value) is not None
