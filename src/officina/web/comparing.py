"""What was written beside what was entered: one line a fact, with the place it came from, differences marked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from officina.dosing import wording
from officina.drugs.queries import Drug
from officina.kernel.quantity import written
from officina.patients.queries import Patient
from officina.prescriptions import suggestions
from officina.prescriptions.queries import Prescriber, Prescription
from officina.prescriptions.services.orders import Entry
from officina.prescriptions.written import WrittenOrder
from officina.web.words import units


@dataclass(frozen=True, slots=True)
class Line:
    """One fact of the order."""

    title: str
    written: str
    where: str
    """Its place in the message."""
    entered: str = ""
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Typed:
    """An order as it stands in a form; what cannot be read is not there yet."""

    patient: Patient | None
    prescriber: Prescriber | None
    drug: Drug | None
    quantity: Decimal | None
    days_supply: int | None
    refills: int | None
    daw: str
    directions: str
    written_on: date | None
    fill_from: date | None


def lines(order: WrittenOrder, entered: Prescription | Typed, codes: Mapping[str, str]) -> list[Line]:
    """The facts that matter, in the order of the label; `entered` may be empty still. `codes` are the house's own sig codes."""
    who, doctor = order.patient, order.prescriber
    p, d = entered.patient, entered.prescriber
    pairs: list[tuple[str, str, str, str]] = [
        ("Patient", _name(who.last_name, who.first_name), "patient.last_name", _name(p.last_name, p.first_name) if p else ""),
        ("Born", _day(who.born_on), "patient.born_on", _day(p.born_on) if p else ""),
        ("Medicine", order.drug_text, "drug_text", str(entered.drug or "")),
        ("Quantity", _quantity(order.quantity, order.quantity_unit), "quantity", _quantity(entered.quantity, entered.drug.unit) if entered.drug else ""),
        ("Directions", order.sig_text, "sig_text", entered.directions),
        ("Days' supply", _plain(order.days_supply), "days_supply", _plain(entered.days_supply) if entered.drug else ""),
        ("Refills", _plain(order.refills), "refills", _plain(entered.refills) if entered.drug else ""),
        ("Substitution", _allowed(order.substitution_allowed), "substitution_allowed", _allowed(entered.daw != "1") if entered.drug else ""),
        ("Written on", _day(order.written_on), "written_on", _day(entered.written_on)),
        ("Not before", _day(order.not_before), "not_before", _day(entered.fill_from) or ("not entered" if entered.drug and order.not_before else "")),
        ("Prescriber", _name(doctor.last_name, doctor.first_name), "prescriber.last_name", _name(d.last_name, d.first_name) if d else ""),
        ("NPI", doctor.npi, "prescriber.npi", d.npi if d else ""),
        ("DEA", doctor.dea, "prescriber.dea", d.dea if d and doctor.dea else ""),
        ("Note", order.note, "note", ""),
    ]  # fmt: skip
    return [
        Line(
            title,
            said,
            order.where.get(key, ""),
            now,
            differs=bool(said and now) and not _same(title, said, now, codes),
        )
        for title, said, key, now in pairs
    ]


def changed(order: WrittenOrder, entered: Entry, drug: Drug | None) -> dict[str, str]:
    """What of an entry is not as written, a sentence by field; `drug` is the medicine that was written, where it is known."""
    pairs = (
        ("drug", "Medicine", str(drug or ""), str(entered.drug)),
        ("quantity", "Quantity", _number(order.quantity), _number(entered.quantity)),
        ("days_supply", "Days' supply", _plain(order.days_supply), _plain(entered.days_supply)),
        ("refills", "Refills", _plain(order.refills), _plain(entered.refills)),
        ("daw", "Substitution", _allowed(order.substitution_allowed), _allowed(entered.daw != "1")),
    )
    return {
        name: f"{title} {now}, written {said}"
        for name, title, said, now in pairs
        if said and now and said.casefold() != now.casefold()
    }


def _same(title: str, said: str, now: str, codes: Mapping[str, str]) -> bool:
    if title == "Directions":
        return wording.of(said, codes).text.casefold() == now.casefold()
    return said.casefold() == now.casefold()


def _name(last: str, first: str) -> str:
    return f"{last}, {first}".strip(", ")


def _day(day: Any) -> str:
    return f"{day:%b} {day.day}, {day.year}" if day else ""


def _quantity(number: Decimal | None, unit: str) -> str:
    """In the plural, as it is said; what came in the plural stays as it is."""
    return f"{written(number)} {unit}" if unit.endswith("s") and number is not None else units(number, unit).strip()


def _number(number: Decimal | None) -> str:
    return "" if number is None else written(number)


def _plain(number: int | None) -> str:
    return "" if number is None else str(number)


def _allowed(allowed: bool | None) -> str:
    return "" if allowed is None else "allowed" if allowed else "dispense as written"


def order_of(prescription: Prescription) -> WrittenOrder:
    """The order as it was written."""
    return suggestions.written(prescription)
