"""A patient's weight from the measurements of a SCRIPT message, in kilograms, with what was written beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from officina.codecs.ncpdp_script.model import Measurement
from officina.kernel.findings import Finding, Severity
from officina.kernel.quantity import written

BODY_WEIGHT = frozenset(("29463-7", "3141-9", "3142-7", "WT"))
"""LOINC: body weight, measured, stated. WT is the code of older SCRIPT messages."""

POUND = Decimal("0.45359237")
"""Kilograms in an avoirdupois pound, exactly (NIST Handbook 44, appendix C)."""

KILOGRAMS = {
    "kg": Decimal(1),
    "C28252": Decimal(1),
    "g": Decimal("0.001"),
    "C48155": Decimal("0.001"),
    "[lb_av]": POUND,
    "lb": POUND,
    "lbs": POUND,
    "C48531": POUND,
    "[oz_av]": POUND / 16,
    "C48519": POUND / 16,
}
"""Kilograms in one of the unit: UCUM, the plain words some senders use, and NCI Thesaurus."""

LEAST, MOST = Decimal("0.3"), Decimal(500)
"""Kilograms that a patient may weigh before the number is taken for a slip."""


@dataclass(frozen=True, slots=True)
class Weight:
    """The weight in kilograms to two places, the field it stood in, and what to ask."""

    kg: Decimal | None = None
    field: str = ""
    questions: tuple[Finding, ...] = ()


def weigh(measurements: tuple[Measurement, ...], where: Mapping[str, str]) -> Weight:
    """The latest body weight written; a unit that is not known, or a weight no patient has, gives a question and no number."""
    found = [(one.observation_date or date.min, i, one) for i, one in enumerate(measurements) if _is_weight(one)]
    if not found:
        return Weight()
    _, i, one = max(found, key=lambda entry: entry[:2])
    field = f"measurements.{i}.value"
    place = where.get(field, "")
    number = one.value or Decimal(0)
    came = f"{written(number)} {one.unit_of_measure}".strip()
    factor = KILOGRAMS.get(one.unit_of_measure)
    if factor is None:
        return Weight(questions=(_asked("weight_unit", "The weight's unit is not known", place, came, "kg or pounds"),))
    kg = (number * factor).quantize(Decimal("0.01"))
    if not LEAST <= kg <= MOST:
        return Weight(questions=(_asked("weight", "The weight cannot be right", place, came, f"{LEAST} to {MOST} kg"),))
    return Weight(kg, field, () if factor == 1 else (_converted(kg, place, came),))


def _is_weight(one: Measurement) -> bool:
    return one.vital_sign in BODY_WEIGHT and one.value is not None


def _asked(code: str, sentence: str, where: str, came: str, expected: str) -> Finding:
    return Finding(code, f"{sentence}: {came}.", Severity.MAJOR, where=where, came=came, expected=expected)


def _converted(kg: Decimal, where: str, came: str) -> Finding:
    sentence = f"The weight was written as {came}; that is {written(kg)} kg."
    return Finding("weight_converted", sentence, Severity.MINOR, where=where, came=came, expected=f"{written(kg)} kg")
