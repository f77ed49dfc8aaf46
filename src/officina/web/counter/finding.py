"""Finding anything by what was typed, said or scanned: a number of the house, a medicine's code, a patient."""

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date

from officina.base.access import Actor
from officina.codecs import gs1
from officina.dispensing import medicines
from officina.dispensing import queries as dispensing
from officina.dispensing.medicines import Hit
from officina.dispensing.queries import Bag
from officina.drugs import particulars
from officina.drugs import queries as drugs
from officina.drugs.queries import Package
from officina.inventory import queries as stock
from officina.kernel.errors import ParseError
from officina.kernel.ids import scan
from officina.kernel.ids.ndc import Ndc
from officina.kernel.ids.numbers import HouseNumber
from officina.patients import finding
from officina.patients import queries as patients
from officina.patients.acts import SEE
from officina.patients.finding import Near
from officina.patients.queries import Patient
from officina.prescriptions import queries as prescriptions
from officina.web.desks import PATIENTS, PRESCRIPTION, STOCK

_CODE = re.compile(r"[^\s/(]*\d[^\s/(]*")
"""No name, birth date or telephone number as they are said: it was scanned, or copied from a label."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to. `only` is the address to go to where there is exactly one answer; nobody of `near` ever is one."""

    only: str = ""
    patients: list[Patient] = field(default_factory=list)
    near: list[Near] = field(default_factory=list)
    packages: list[Package] = field(default_factory=list)
    medicines: list[Hit] = field(default_factory=list)
    """Where nobody is called so: what the drug file has of that name."""
    bag: Bag | None = None
    hint: str = ""


def find(actor: Actor, text: str, *, today: date) -> Found:
    """The answer to a text, by what kind of code it is; words are a patient's name."""
    kind = scan.classify(text)
    if kind == "house":
        return _house(actor, text)
    if kind in {"ndc", "gtin", "gs1", "digital_link"}:
        return _package(actor, text, kind, today)
    people = _people(actor, text)
    if people.only or people.patients or people.near or _CODE.fullmatch(text.strip()):
        return people
    return replace(people, medicines=medicines.search(actor, text, limit=6).hits)


def _house(actor: Actor, text: str) -> Found:
    try:
        number = HouseNumber.parse(text)
    except ParseError as problem:
        return Found(hint=f"No such number: expected {problem.expected}.")
    if number.series == "B":
        return Found(bag=dispensing.bag(actor, number.text), hint=f"There is no bag {number.text} here.")
    if number.series == "P":
        return _person(actor, number.text)
    if number.series == "V":
        return _vial(actor, number.text)
    return _prescription(actor, number)


def _vial(actor: Actor, number: str) -> Found:
    lot = stock.vial(actor.site_id, number)
    return Found(only=f"{STOCK.path}lot/{lot.code}/") if lot else Found(hint=f"There is no vial {number} here.")


def _prescription(actor: Actor, number: HouseNumber) -> Found:
    fill = dispensing.fill_by_number(actor, number.text) if number.series == "F" else None
    rx = fill.prescription if fill else prescriptions.by_number(actor, number.text)
    if rx is not None:
        return Found(only=f"{PRESCRIPTION}{rx.code}/")
    hint = f"There is no {'fill' if number.series == 'F' else 'prescription'} {number.text} here."
    # Bare digits may as well be a telephone number.
    people = _people(actor, number.text) if number.series == "" else Found()
    return people if people.only or people.patients else Found(hint=hint)


def _package(actor: Actor, text: str, kind: scan.Kind, today: date) -> Found:
    found = _by_code(text, kind, today)
    if found is None:
        # Ten digits, or brackets around three of them, may as well be a telephone number.
        people = _people(actor, text)
        return (
            people
            if people.only or people.patients
            else Found(hint=f"This code is of no package in the drug file. {_apart(text, kind)}".rstrip())
        )
    return Found(packages=[found])


def _apart(text: str, kind: scan.Kind) -> str:
    """Why the FDA keeps an NDC out of the directory, where it does."""
    with suppress(ParseError):
        return particulars.apart([Ndc.parse(text).digits12]) if kind == "ndc" else ""
    return ""


def _by_code(text: str, kind: scan.Kind, today: date) -> Package | None:
    try:
        if kind == "ndc":
            return drugs.package_by_ndc12(Ndc.parse(text).digits12)
        gtin = gs1.parse(text, today=today).gtin
    except ParseError:
        return None
    return drugs.package_by_gtin(gtin.digits) if gtin else None


def _person(actor: Actor, number: str) -> Found:
    if SEE.code not in actor.grants:
        return Found(hint=f"{actor.role_title}s may not {SEE.title}.")
    found = patients.patients(actor).filter(number=number).first()
    return Found(only=PATIENTS.at(found.code)) if found else Found(hint=f"There is no patient {number} here.")


def _people(actor: Actor, text: str) -> Found:
    if SEE.code not in actor.grants:
        return Found(hint=f"{actor.role_title}s may not {SEE.title}.")
    found = finding.find(actor, text)
    if len(found.hits) == 1:
        return Found(only=PATIENTS.at(found.hits[0].code))
    return Found(
        patients=found.hits,
        near=found.did_you_mean,
        hint=f"Nothing here has the code {text.strip()}, and no patient fits it."
        if _CODE.fullmatch(text.strip())
        else "No patient fits. Try the beginning of the last name, a birth date such as 03/14/1961, or a telephone number.",
    )
