"""Whether digits add up: which numbers are what they look like.

Sources: ISO 13616 (IBAN), ISO 7064 (mod 97-10, mod 11-10), ISO/IEC 7812-1 annex B (Luhn), and the
rules of the countries that issue the ids: Germany (tax id), France (NIR), Spain (DNI, NIE), Italy
(codice fiscale), Netherlands (BSN), Poland (PESEL), United Kingdom (NINO), United States (SSN).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

_DOUBLED: Final = str.maketrans("0123456789", "0246813579")
"""The sum of the digits of twice a digit."""

_DNI_LETTERS: Final = "TRWAGMYFPDXBNJZSQVHLCKE"
_NETWORKS: Final = (
    (3000, 3059, range(14, 20)),  # Diners Club
    (3400, 3499, range(15, 16)),  # American Express
    (3528, 3589, range(16, 20)),  # JCB
    (3600, 3699, range(14, 20)),  # Diners Club
    (3700, 3799, range(15, 16)),  # American Express
    (3800, 3999, range(14, 20)),  # Diners Club
    (4000, 4999, range(13, 20, 3)),  # Visa
    (5018, 5038, range(13, 20)),  # Maestro
    (5100, 5599, range(16, 17)),  # Mastercard
    (5600, 5899, range(13, 20)),  # Maestro
    (6011, 6011, range(16, 20)),  # Discover
    (6200, 6299, range(16, 20)),  # UnionPay
    (6304, 6304, range(13, 20)),  # Maestro
    (6440, 6599, range(16, 20)),  # Discover
    (6700, 6799, range(13, 20)),  # Maestro
    (2200, 2204, range(16, 20)),  # Mir
    (2221, 2720, range(16, 17)),  # Mastercard
)
"""First four digits and lengths of cards, by network (ISO/IEC 7812 issuer identification)."""

_IBAN_LENGTHS: Final = {
    country: int(length)
    for length, countries in (
        each.split(":")
        for each in (
            "15:NO", "16:BE", "18:DK FI FO GL NL SD FK", "19:MK SI", "20:AT BA EE KZ LT LU MN XK",
            "21:CH HR LI LV", "22:BG BH CR DE GB GE IE ME RS VA", "23:AE GI IL IQ OM SO TL",
            "24:AD CZ ES MD PK RO SA SE SK TN VG", "25:LY PT ST", "26:IS TR",
            "27:BI DJ FR GR IT MC MR SM", "28:AL AZ BY CY DO GT HU LB NI PL SV",
            "29:BR EG PS QA UA", "30:JO KW MU YE", "31:MT SC", "32:LC", "33:RU",
        )
    )
    for country in countries.split()
}  # fmt: skip
"""Lengths of IBANs by country, after the registry of ISO 13616."""

_CF_WORTHS: Final = "1 0 5 7 9 13 15 17 19 21 2 4 18 20 11 3 6 8 12 14 16 10 22 25 24 23"
_CF_ODD: Final = {
    each: int(worth)
    for signs in ("0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    for each, worth in zip(signs, _CF_WORTHS.split(), strict=False)
}
"""Worth of the characters in odd places of a codice fiscale."""


def iban_length(country: str) -> int | None:
    """How long IBANs of a country are; None where it has none."""
    return _IBAN_LENGTHS.get(country)


def is_iban(text: str) -> bool:
    """Whether upper-case letters and digits without spaces are an IBAN."""
    if len(text) != iban_length(text[:2]) or not text[2:4].isdigit():
        return False
    turned = text[4:] + text[:4]
    return int("".join(str(int(each, 36)) for each in turned)) % 97 == 1


def is_card(digits: str) -> bool:
    """Whether 13 to 19 digits pass Luhn's check; not all of them zero."""
    doubled = digits[-2::-2].translate(_DOUBLED) + digits[::-2]
    return sum(map(int, doubled)) % 10 == 0 and doubled.strip("0") != ""


def is_payment_card(digits: str) -> bool:
    """Whether digits pass Luhn's check, and begin and end like a payment network's card."""
    begins = int(digits[:4])
    lengths = (each for first, last, each in _NETWORKS if first <= begins <= last)
    return any(len(digits) in each for each in lengths) and is_card(digits)


def is_national_id(text: str) -> bool:
    """Whether upper-case letters and digits without separators are a national id."""
    checks = _CHECKS.get(len(text), ())
    return any(check(text) for pattern, check in checks if pattern.fullmatch(text))


def _tax_id_de(text: str) -> bool:
    product = 10
    for each in text[:10]:
        product = 2 * ((int(each) + product) % 10 or 10) % 11
    return (11 - product) % 10 == int(text[10])


def _nir(text: str) -> bool:
    return 97 - int(text[:13]) % 97 == int(text[13:])


def _dni(text: str) -> bool:
    number = text[:-1].translate(str.maketrans("XYZ", "012"))
    return _DNI_LETTERS[int(number) % 23] == text[-1]


def _bsn(text: str) -> bool:
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return _weighed(text, weights) % 11 == 0 and any(each != "0" for each in text)


def _pesel(text: str) -> bool:
    return _weighed(text, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def _ssn(text: str) -> bool:
    area, group, serial = text[:3], text[3:5], text[5:]
    return area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"


def _codice_fiscale(text: str) -> bool:
    odd = sum(_CF_ODD[each] for each in text[:15:2])
    even = sum(int(each) if each.isdigit() else ord(each) - 65 for each in text[1:15:2])
    return chr(65 + (odd + even) % 26) == text[15]


def _always(_: str) -> bool:
    return True


def _weighed(text: str, weights: tuple[int, ...]) -> int:
    return sum(int(each) * weight for each, weight in zip(text, weights, strict=True))


_CHECKS: Final[Mapping[int, Sequence[tuple[re.Pattern[str], Callable[[str], bool]]]]] = {
    9: (
        (re.compile(r"[XYZ0-9][0-9]{7}[A-Z]"), _dni),
        (re.compile(r"[0-9]{9}"), _bsn),
        (re.compile(r"[0-9]{9}"), _ssn),
        (re.compile(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]"), _always),
    ),
    11: (
        (re.compile(r"[0-9]{11}"), _tax_id_de),
        (re.compile(r"[0-9]{11}"), _pesel),
    ),
    15: ((re.compile(r"[0-9]{15}"), _nir),),
    16: (
        (
            re.compile(r"[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}[A-Z][0-9]{3}[A-Z]"),
            _codice_fiscale,
        ),
    ),
}
"""Patterns and checks of national ids by their length."""
