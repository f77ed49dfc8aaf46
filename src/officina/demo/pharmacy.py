"""The demonstration pharmacy: a training site with its people, a stocked shelf and patients who have been here before."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from officina.base import queries as house
from officina.base import services as base
from officina.base.access import Actor, LicenceFact
from officina.base.services import NewPerson, NewSite
from officina.demo import people
from officina.drugs import queries as drugs
from officina.drugs import services as drug_file
from officina.inventory import services as inventory
from officina.patients import services as patients
from officina.patients.queries import Patient
from officina.prescriptions.services import orders as prescriptions
from officina.prescriptions.written import WrittenPatient, WrittenPrescriber

PASSWORD = "officina"  # noqa: S105 - the training pharmacy's, printed for whoever tries it
STATE = "US-WI"
_PHARMACIST, _TECHNICIAN = ("pharmacist", "pharmacist"), ("technician", "technician")
STAFF = (
    ("ada", "Ada Park", "AP", *_PHARMACIST, "1001"),
    ("pia", "Pia Moreau", "PM", *_PHARMACIST, "1002"),
    ("tess", "Tess Young", "TY", *_TECHNICIAN, "2001"),
    ("theo", "Theo Brandt", "TB", *_TECHNICIAN, "2002"),
    ("tara", "Tara Singh", "TS", "advanced_technician", "technician", "2003"),
    ("ivo", "Ivo Lind", "IL", "intern", "intern", "3001"),
    ("nell", "Nell Ortiz", "NO", "technician_trainee", "technician_trainee", "4001"),
    ("carl", "Carl Boone", "CB", "clerk", "", "5001"),
    ("olga", "Olga Reyes", "OR", "owner", "", "6001"),
)
ALLERGIES = (
    ("penicillin", "", "penicillin", "anaphylaxis"),
    ("sulfa antibiotics", "", "sulfonamide-antibiotic", "severe"),
    ("codeine", "codeine", "", "intolerance"),
    ("lisinopril", "lisinopril", "", "severe"),
)


@dataclass(frozen=True, slots=True)
class Bottle:
    """A stock bottle on the shelf, as the scanner sees it."""

    package_id: int
    gtin: str
    lot: str
    expires_on: date

    @property
    def barcode(self) -> str:
        """The element string of its DataMatrix."""
        return f"]d201{self.gtin}17{self.expires_on:%y%m%d}10{self.lot}"


@dataclass(slots=True)
class House:
    """The pharmacy and everybody in it."""

    setup: Actor
    wire: Actor
    staff: dict[str, Actor]
    prescribers: list[WrittenPrescriber]
    patients: list[Patient]
    allergic: dict[str, Patient]
    """By allergen, a patient who has it."""
    bottles: dict[int, list[Bottle]]
    """By package, earliest expiry first."""
    newcomers: list[WrittenPatient]


def open_house(rng: random.Random, *, at: datetime, tick: Callable[[str], None]) -> House:
    """Open the pharmacy, hire, stock the shelf, and take in the patients who came before. `tick` is told of each step."""
    new = NewSite(
        name="Elm Street Pharmacy",
        setting="school",
        training=True,
        street="12 Elm St",
        city="Madison",
        state="WI",
        postal_code="53703",
        phone="(608) 555-0100",
        jurisdiction=STATE,
        npi=people.npi(12_345_678),
        dea="FE1234563",
        ncpdp_id="9999999",
    )
    setup = base.open_site(new, at=at)
    inventory.furnish(setup, at=at)
    tick("hiring")
    staff = {name: _hire(setup, row, at=at) for row in STAFF for name in [row[0]]}
    tick("loading the drug file")
    drug_file.load_starter(setup, at=at)
    tick("stocking the shelf")
    bottles = _stock(rng, staff["tara"], at=at)
    tick("taking in patients")
    crowd = people.patients(rng, setup.day(at))
    known = [_admit(rng, staff["tess"], next(crowd), at=at) for _ in range(140)]
    doctors = people.prescribers(rng, 24)
    for d in doctors:
        prescriptions.add_prescriber(
            staff["tess"],
            last_name=d.last_name,
            first_name=d.first_name,
            npi=d.npi,
            dea=d.dea,
            street=d.street,
            city=d.city,
            state=d.state,
            postal_code=d.postal_code,
            phone=d.phone,
            at=at,
        )
    allergic = _allergic(staff["tess"], known, at=at)
    return House(
        setup=setup,
        wire=house.interface_actor(setup.site_id, station="wire"),
        staff=staff,
        prescribers=doctors,
        patients=known,
        allergic=allergic,
        bottles=bottles,
        newcomers=[next(crowd) for _ in range(60)],
    )


def _hire(setup: Actor, row: tuple[str, str, str, str, str, str], *, at: datetime) -> Actor:
    username, name, initials, role, kind, pin = row
    held = (LicenceFact(kind, STATE, f"WI-{pin}", setup.day(at) + timedelta(days=400)),) if kind else ()
    boss = "ada" if role in {"intern", "technician_trainee"} else ""
    person = NewPerson(
        username=username,
        name=name,
        initials=initials,
        role=role,
        password=PASSWORD,
        pin=pin,
        licences=held,
        supervisor=boss,
    )
    user = base.add_person(setup, person=person, at=at)
    actor = house.actor_for(user.pk, setup.site_id, station="bench 1")
    assert actor is not None
    return actor


def _stock(rng: random.Random, actor: Actor, *, at: datetime) -> dict[int, list[Bottle]]:
    """Two lots of every package, the one that expires first smaller."""
    today = actor.day(at)
    found: dict[int, list[Bottle]] = {}
    for package in drugs.house_packages():
        for n, (days, bottles) in enumerate(((rng.randint(70, 200), 2), (rng.randint(300, 800), 8))):
            lot = f"{rng.choice('ABCDEFGH')}{rng.randint(1000, 9999)}{'XY'[n]}"
            expires_on = today + timedelta(days=days)
            quantity = package.holds * bottles * (1 if package.holds >= 30 else 4)
            inventory.receive(
                actor,
                package=package,
                lot_number=lot,
                expires_on=expires_on,
                quantity=quantity,
                at=at,
                invoice="opening stock",
            )
            found.setdefault(package.pk, []).append(Bottle(package.pk, package.gtin or "", lot, expires_on))
    return found


def _admit(rng: random.Random, actor: Actor, who: WrittenPatient, *, at: datetime) -> Patient:
    """A patient who has been here before: asked about allergies, nine in ten."""
    assert who.born_on is not None
    years = (at.date() - who.born_on).days // 365
    # A child weighs about 8 kg and 3 more with each year.
    heavy = rng.randint(48, 110) if years >= 15 else 8 + 3 * years + rng.randint(-1, 2)
    weight = Decimal(heavy) if rng.random() < 0.6 else None
    details = patients.Details(
        last_name=who.last_name,
        first_name=who.first_name,
        born_on=who.born_on,
        sex=who.sex,
        street=who.street,
        city=who.city,
        state=who.state,
        postal_code=who.postal_code,
        phone=who.phone,
        weight_kg=weight,
        language="Spanish" if rng.random() < 0.1 else "English",
    )
    patient = patients.add(actor, details=details, at=at)
    if rng.random() < 0.9:
        patients.no_known_allergies(actor, patient=patient, at=at)
    if rng.random() < 0.3:
        text, code = rng.choice(
            (
                ("High blood pressure", "I10"),
                ("Type 2 diabetes", "E11.9"),
                ("High cholesterol", "E78.5"),
                ("Asthma", "J45.909"),
            )
        )
        patients.note_condition(actor, patient=patient, text=text, icd10=code, at=at)
    return patient


def _allergic(actor: Actor, known: list[Patient], *, at: datetime) -> dict[str, Patient]:
    """Adults with one allergy each, the first two of each kind."""
    adults = [p for p in known if 20 < actor.day(at).year - p.born_on.year < 90][: len(ALLERGIES)]
    found: dict[str, Patient] = {}
    for (text, ingredient, drug_class, severity), patient in zip(ALLERGIES, adults, strict=True):
        patients.note_allergy(
            actor,
            patient=patient,
            text=text,
            at=at,
            severity=severity,
            drug_class=drug_class,
            ingredient=drugs.ingredient(ingredient) if ingredient else None,
        )
        found[text] = patient
    return found
