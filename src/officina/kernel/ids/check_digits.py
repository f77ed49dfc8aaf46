"""Check digits: one more digit that makes a mistyped number fail.

>>> gs1("0030002821501"), luhn("80840123456789"), dea("123456"), damm("572")
(2, 3, 3, 4)

Each function computes the digit that belongs after the digits given; each `is_…` verifies a whole number with its check digit at the end.
"""

_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
"""The quasigroup of order 10 in H. M. Damm's thesis (2004); its diagonal is zero, so a right number ends at zero."""


def are_digits(text: str) -> bool:
    """Whether the text is only 0 to 9; `isdigit` alone also accepts digits of other scripts and superscripts."""
    return text.isascii() and text.isdigit()


def gs1(payload: str) -> int:
    """The GS1 digit of GTIN, SSCC and GLN: weights 3, 1, 3 … from the right, to the next ten (GS1 General Specifications 7.9)."""
    total = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(payload)))
    return -total % 10


def luhn(payload: str) -> int:
    """The Luhn digit (ISO/IEC 7812-1): every second digit from the right doubled, its own digits added."""
    total = 0
    for place, digit in enumerate(reversed(payload)):
        total += int(digit) if place % 2 else sum(divmod(int(digit) * 2, 10))
    return -total % 10


def dea(payload: str) -> int:
    """The digit of a DEA registration number: (d1 + d3 + d5) + 2 × (d2 + d4 + d6), its last digit."""
    return (sum(map(int, payload[0::2])) + 2 * sum(map(int, payload[1::2]))) % 10


def damm(payload: str) -> int:
    """The Damm digit: catches every single wrong digit and every swap of two neighbours, which Luhn does not (09 and 90)."""
    interim = 0
    for digit in payload:
        interim = _DAMM[interim][int(digit)]
    return interim


def is_gs1(number: str) -> bool:
    """Whether all are digits and the last is the GS1 check digit of the others."""
    return len(number) > 1 and are_digits(number) and gs1(number[:-1]) == int(number[-1])


def is_luhn(number: str) -> bool:
    """Whether all are digits and the last is the Luhn digit of the others."""
    return len(number) > 1 and are_digits(number) and luhn(number[:-1]) == int(number[-1])


def is_dea(number: str) -> bool:
    """Whether these are seven digits and the last is the DEA digit of the six before."""
    return len(number) == 7 and are_digits(number) and dea(number[:-1]) == int(number[-1])


def is_damm(number: str) -> bool:
    """Whether all are digits and the last is the Damm digit of the others."""
    return len(number) > 1 and are_digits(number) and damm(number) == 0
