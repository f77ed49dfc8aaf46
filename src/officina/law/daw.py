"""Dispense-as-written codes (NCPDP 408-D8): what each means, what must be captured, and what it does to substitution."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from officina.law import facts
from officina.law.facts import Fact
from officina.law.ruling import Ruling, ruled


@dataclass(frozen=True, slots=True, kw_only=True)
class Code(Fact):
    """One code. `substitution` is 'allowed', 'forbidden', or 'brand' (allowed, and yet the brand is dispensed)."""

    code: str
    words: str
    substitution: str
    capture: str = ""
    """What must be captured with it, in words; empty: nothing."""
    effect: str = ""


def codes(*, on: date) -> list[Code]:
    """All codes, from 0 to 9."""
    return facts.in_force(facts.rows("daw", Code), on=on)


def may_substitute(code: str, *, captured: str, on: date) -> Ruling:
    """May another product be dispensed under this code? A code that needs a text and has none is itself refused."""
    row = next((one for one in codes(on=on) if one.code == code), None)
    if row is None:
        return Ruling(allowed=False, rule=f"{code} is no such code: 0 to 9.", source="NCPDP 408-D8")
    if row.capture and not captured.strip():
        return ruled(row, allowed=False, rule=f"{row.words}.", missing=(row.capture,))
    notes = (row.effect,) if row.effect else ()
    return ruled(row, allowed=row.substitution == "allowed", rule=f"{row.words}.", notes=notes)


def brand_penalty(*, brand_price: Decimal, generic_price: Decimal, brand_copay: Decimal) -> Decimal:
    """What a patient pays who asked for the brand: copay and the difference, and never more than the brand costs."""
    return min(brand_copay + max(brand_price - generic_price, Decimal(0)), brand_price)
