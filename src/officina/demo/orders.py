"""The prescriptions of a working day: who needs what, written as the messages that a pharmacy really gets."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from officina.demo.pharmacy import House
from officina.demo.regimens import Regimen
from officina.drugs import queries as drugs
from officina.exchange import fhir_out, script_out
from officina.kernel.ids.ndc import Ndc
from officina.patients.queries import Patient
from officina.prescriptions.written import Envelope, WrittenOrder, WrittenPatient, WrittenPrescriber

Wire = Literal["2017071", "2023011", "R4", "telephone", "paper"]
PAIRS = (("tizanidine", "ciprofloxacin"), ("simvastatin", "clarithromycin"), ("fluoxetine", "linezolid"))
"""Two medicines of the high-priority interactions that a community pharmacy has on its shelf."""
ALLERGENS = {
    "penicillin": "amoxicillin",
    "lisinopril": "lisinopril",
    "sulfa antibiotics": "sulfamethoxazole-trimethoprim",
}


@dataclass(frozen=True, slots=True)
class Planned:
    """One order of the day: when it comes, how, and whether it was planted to be stopped at screening."""

    order: WrittenOrder
    at: datetime
    wire: Wire
    number: str
    planted: Literal["", "allergy", "interaction"] = ""


def plan(
    rng: random.Random,
    house: House,
    regimens: tuple[Regimen, ...],
    *,
    count: int,
    opens: datetime,
    planted: dict[str, int],
) -> list[Planned]:
    """So many orders between opening and nine hours later; those that screening must stop are among them."""
    special = [
        *_allergic(house, regimens, planted["allergy"]),
        *_interacting(rng, house, regimens, planted["interaction"]),
    ]
    usual: list[tuple[WrittenPatient, Regimen, str]] = []
    while len(usual) + len(special) < count:
        who = _who(rng, house)
        fitting = [r.weight if _fits(r, who, on=opens.date()) else 0 for r in regimens]
        if any(fitting):
            usual.append((who, rng.choices(regimens, fitting)[0], ""))
    rows = [*usual, *special]
    first = [row for row in rows if row[2] == "first"]
    rest = [row for row in rows if row[2] != "first"]
    rng.shuffle(rest)
    rows = [*first, *rest]
    return [
        _planned(rng, house, row, n, opens + timedelta(minutes=540 * n / max(len(rows), 1)))
        for n, row in enumerate(rows)
    ]


def _fits(regimen: Regimen, who: WrittenPatient, *, on: date) -> bool:
    """Whether it is usually given at that age and to that sex: nobody believes a child on a medicine for diabetes of age."""
    assert who.born_on is not None
    years = (on - who.born_on).days // 365
    return regimen.youngest <= years <= regimen.oldest and regimen.sex in {"", who.sex}


def _who(rng: random.Random, house: House) -> WrittenPatient:
    """Mostly somebody who was here before; sometimes somebody new. The planted ones' patients get nothing else today."""
    reserved = {p.pk for p in house.allergic.values()} | {p.pk for p in house.patients[-8:]}
    if house.newcomers and rng.random() < 0.12:
        return house.newcomers[rng.randrange(len(house.newcomers))]
    while True:
        patient = rng.choice(house.patients)
        if patient.pk not in reserved:
            return as_written(patient)


def as_written(p: Patient) -> WrittenPatient:
    """A patient of ours as a prescriber's system knows them."""
    return WrittenPatient(
        last_name=p.last_name,
        first_name=p.first_name,
        born_on=p.born_on,
        sex=p.sex,
        street=p.street,
        city=p.city,
        state=p.state,
        postal_code=p.postal_code,
        phone=p.phone,
    )


def _allergic(house: House, regimens: tuple[Regimen, ...], count: int) -> Iterator[tuple[WrittenPatient, Regimen, str]]:
    """Orders for patients who are allergic to what is ordered."""
    options = [
        (house.allergic[a], r)
        for a, name in ALLERGENS.items()
        if a in house.allergic
        for r in regimens
        if r.generic_name == name
    ]
    by_patient = {patient.pk: (patient, regimen) for patient, regimen in reversed(options)}
    for patient, regimen in list(by_patient.values())[:count]:
        yield as_written(patient), regimen, "allergy"


def _interacting(
    rng: random.Random, house: House, regimens: tuple[Regimen, ...], count: int
) -> Iterator[tuple[WrittenPatient, Regimen, str]]:
    """Pairs of orders for one patient: the first is fine, the second must be stopped."""
    pairs = [
        (one, two)
        for a, b in PAIRS
        for one in [r for r in regimens if r.generic_name == a][:1]
        for two in [r for r in regimens if r.generic_name == b][:1]
    ]
    free = [p for p in house.patients[-8:] if p.pk not in {x.pk for x in house.allergic.values()}]
    for n in range(min(count, len(free)) if pairs else 0):
        one, two = pairs[n % len(pairs)]
        yield as_written(free[n]), one, "first"
        yield as_written(free[n]), two, "interaction"


def _planned(
    rng: random.Random, house: House, row: tuple[WrittenPatient, Regimen, str], n: int, at: datetime
) -> Planned:
    who, regimen, why = row
    doctor = rng.choice(house.prescribers)
    order = _order(rng, who, doctor, regimen, number=f"{110_000 + n}", on=house.setup.day(at))
    wires: tuple[Wire, ...] = ("2017071", "2017071", "2023011", "R4", "paper")
    if order.schedule:
        # Only SCRIPT bears the prescriber's signature, without which a controlled order by wire is none.
        wires = ("2017071", "2023011") if order.schedule == 2 else ("2017071", "2017071", "2023011", "2023011", "paper")
    wire = rng.choice(wires)
    if not order.schedule and rng.random() < 0.06:
        wire = "telephone"
    planted: Literal["", "allergy", "interaction"] = (
        "allergy" if why == "allergy" else "interaction" if why == "interaction" else ""
    )
    return Planned(order, at, wire, f"day-{n:05d}", planted)


def _order(
    rng: random.Random, who: WrittenPatient, doctor: WrittenPrescriber, regimen: Regimen, *, number: str, on: date
) -> WrittenOrder:
    """The regimen as this prescriber writes it today, by one of the packages that hold it."""
    drug = drugs.exactly(regimen.generic_name, regimen.strength, regimen.form)
    assert drug is not None, regimen
    package = rng.choice(drugs.packages_of(drug.pk))
    controlled = drug.schedule > 0
    return WrittenOrder(
        patient=who,
        prescriber=doctor if controlled else replace(doctor, dea=""),
        drug_text=str(drug)[:105],
        ndc=Ndc.parse(package.ndc).digits11 or "",
        rxcui=drug.rxcui,
        quantity=Decimal(regimen.quantity),
        quantity_unit=drug.unit,
        days_supply=regimen.days_supply,
        refills=regimen.refills,
        substitution_allowed=rng.random() > 0.03,
        sig_text=rng.choice(regimen.sigs),
        written_on=on,
        schedule=drug.schedule or None,
        signed=controlled,
        order_number=number,
    )


def message(planned: Planned) -> bytes:
    """The order on its wire."""
    script = planned.wire in {"2017071", "2023011"}
    envelope = Envelope(
        format="ncpdp-script" if script else "fhir",
        version=planned.wire,
        message_id=planned.number,
        sender="6622445566001" if script else "https://clinic.example/orders",
        recipient="9999999",
        sent_at=planned.at.replace(microsecond=0),
    )
    return script_out.new_rx(planned.order, envelope) if script else fhir_out.bundle([planned.order], envelope)
