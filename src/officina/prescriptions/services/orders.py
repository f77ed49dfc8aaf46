"""Receiving orders, entering prescriptions, prescribers, pictures of the paper."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from django.db.models import BigIntegerField

from officina.base import audit, numbering
from officina.base.access import Actor
from officina.base.command import command
from officina.base.rows import Question, append
from officina.base.rows import keep as keep_row
from officina.drugs import schedules as listed
from officina.drugs.models import Drug, SubstanceSchedule
from officina.drugs.rules.schedules import strictest
from officina.kernel.errors import ParseError, Refused
from officina.kernel.findings import Finding
from officina.kernel.ids.dea import DeaNumber
from officina.kernel.ids.npi import Npi
from officina.kernel.ids.numbers import HouseNumber
from officina.labels import lint
from officina.law import multiple, prescribers, refills, schedules
from officina.law.ruling import schedule_name
from officina.patients import person as people
from officina.patients import rules as patient_rules
from officina.patients.models import Patient
from officina.prescriptions import acts, rules
from officina.prescriptions.models import Attachment, EmergencyOrder, Message, Prescriber, Prescription, Transfer
from officina.prescriptions.written import WrittenOrder

RECEIVED = audit.verb("prescription.received", "received the prescription")
HELD_STRICTER = audit.verb("prescription.held_stricter", "holds the prescription by a stricter schedule")
ENTERED = audit.verb("prescription.entered", "entered the prescription")
PRESCRIBER_ADDED = audit.verb("prescriber.added", "added a prescriber")
ADDRESS_SAID = audit.verb("prescriber.address_said", "wrote down a prescriber's address")
ROLE_SAID = audit.verb("prescriber.role_said", "said what a prescriber is")
PICTURE = audit.verb("prescription.picture_added", "attached a picture")

_INGREDIENTS = Question(
    lambda drug: Drug.ingredients.through.objects.filter(drug=drug).values_list("ingredient__key").order_by("pk"),
    drug=BigIntegerField(),
)
_ENTERED = (
    "patient",
    "prescriber",
    "drug",
    "quantity",
    "days_supply",
    "refills",
    "directions",
    "written_on",
    "fill_from",
    "daw",
    "daw_words",
    "note",
)
PICTURES: Mapping[bytes, str] = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
PICTURE_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An order as entered at the desk: matched to the house's own patient, prescriber and drug."""

    patient: Patient
    prescriber: Prescriber
    drug: Drug
    quantity: Decimal
    days_supply: int | None
    refills: int
    directions: str
    written_on: date
    fill_from: date | None = None
    daw: str = "0"
    daw_words: str = ""
    note: str = ""


def storable(value: Any) -> Any:
    """The same text without NUL and half surrogates, which no text column keeps; the bytes as received hold them still."""
    if isinstance(value, str):
        if value.isascii() and "\x00" not in value:
            return value
        return value.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {storable(k): storable(v) for k, v in value.items()}
    return [storable(v) for v in value] if isinstance(value, list | tuple) else value


def reasons(findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
    """Findings as they are kept beside a message or a prescription."""
    return [
        {
            "code": f.code,
            "sentence": storable(f.sentence),
            "where": storable(f.where),
            "expected": storable(f.expected),
            "came": storable(f.came),
            "severity": int(f.severity),
        }
        for f in findings
    ]


@command
def receive(
    actor: Actor,
    *,
    order: WrittenOrder,
    origin: str,
    at: datetime,
    message: Message | None = None,
    read_back: bool = False,
) -> Prescription:
    """Take in one order as written: it gets its number and waits for entry."""
    actor.must(acts.RECEIVE_ORAL if origin == Prescription.Origin.TELEPHONE else acts.RECEIVE, at=at)
    if origin == Prescription.Origin.TELEPHONE and not read_back:
        # Later nobody can do it any more: the caller has hung up.
        raise Refused(
            "not_read_back",
            "A telephone order must be read back to the caller before it is received.",
            {"read_back": "Read it back, then tick this."},
        )
    plain = msgspec.to_builtins(replace(order, questions=(), kept=()))
    prescription = Prescription(
        site_id=actor.site_id,
        number=HouseNumber.issue("", numbering.take(actor.site_id, "rx")).text,
        origin=origin,
        message=message,
        received_at=at,
        order_number=storable(order.order_number)[:80],
        written=storable({**plain, "kept": [list(pair) for pair in order.kept]}),
        questions=reasons(order.questions),
        read_back=read_back,
    )
    append(prescription)
    audit.record(actor, RECEIVED, at=at, on=prescription, after={"number": prescription.number})
    return prescription


@command
def attach(actor: Actor, *, prescription: Prescription, data: bytes, at: datetime) -> Attachment:
    """Bind a picture of the paper to the prescription; only PNG and JPEG are taken, and told by their bytes."""
    actor.must(acts.RECEIVE, at=at, site_id=prescription.site_id)
    kind = next((name for mark, name in PICTURES.items() if data.startswith(mark)), None)
    if kind is None or len(data) > PICTURE_BYTES:
        raise Refused(
            "not_a_picture",
            "The picture must be a PNG or JPEG of at most 10 MB.",
            {"picture": "PNG or JPEG, at most 10 MB"},
        )
    picture = Attachment.objects.create(
        site_id=actor.site_id,
        prescription=prescription,
        at=at,
        media_type=kind,
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
    )
    audit.record(actor, PICTURE, at=at, on=prescription, after={"sha256": picture.sha256})
    return picture


@command
def add_prescriber(
    actor: Actor,
    *,
    last_name: str,
    first_name: str,
    at: datetime,
    role: str = "",
    npi: str = "",
    dea: str = "",
    street: str = "",
    city: str = "",
    state: str = "",
    postal_code: str = "",
    phone: str = "",
) -> Prescriber:
    """Add a prescriber; an NPI or DEA number with a wrong check digit is refused."""
    actor.must(acts.ENTER, at=at)
    if not last_name.strip():
        raise Refused("name_missing", "A prescriber needs a last name.", {"last_name": "Needed"})
    region = _region(state)
    try:
        npi = Npi.parse(npi).digits if npi else ""
        dea = DeaNumber.parse(dea).text if dea else ""
    except ParseError as problem:
        raise Refused(
            "number_wrong", str(problem), {problem.thing.split()[0].lower(): f"Expected {problem.expected}"}
        ) from problem
    _refuse_unknown_role(role, on=actor.day(at))
    prescriber = Prescriber.objects.create(
        site_id=actor.site_id,
        role=role,
        last_name=last_name.strip(),
        first_name=first_name.strip(),
        npi=npi,
        dea=dea,
        street=street,
        city=city,
        state=region,
        postal_code=postal_code,
        phone=phone,
    )
    audit.record(actor, PRESCRIBER_ADDED, at=at, on=prescriber, after={"npi": npi})
    return prescriber


def _refuse_unknown_role(role: str, *, on: date) -> None:
    known = {row.role for row in prescribers.roles(on=on)}
    if role and role not in known:
        raise Refused(
            "role_unknown", f"{role} is no role of a prescriber.", {"role": f"One of {', '.join(sorted(known))}"}
        )


@command
def say_role(actor: Actor, *, prescriber: Prescriber, role: str, at: datetime) -> Prescriber:
    """Say what a prescriber is: what they may prescribe depends on it."""
    actor.must(acts.ENTER, at=at, site_id=prescriber.site_id)
    _refuse_unknown_role(role, on=actor.day(at))
    if not role:
        raise Refused("role_missing", "Choose what the prescriber is.", {"role": "Choose one"})
    before, prescriber.role = prescriber.role, role
    keep_row(prescriber, "role")
    audit.record(actor, ROLE_SAID, at=at, on=prescriber, before={"role": before}, after={"role": role})
    return prescriber


@command
def say_address(
    actor: Actor,
    *,
    prescriber: Prescriber,
    street: str,
    city: str,
    at: datetime,
    state: str = "",
    postal_code: str = "",
) -> Prescriber:
    """Write down where a prescriber practises: without it no controlled substance of theirs is entered."""
    actor.must(acts.ENTER, at=at, site_id=prescriber.site_id)
    missing = {name: "Needed" for name, text in (("street", street), ("city", city)) if not text.strip()}
    if missing:
        raise Refused("address_missing", "An address needs its street and city.", missing)
    region = _region(state)
    before = _address(prescriber)
    prescriber.street, prescriber.city = street.strip(), city.strip()
    prescriber.state, prescriber.postal_code = region, postal_code.strip()
    keep_row(prescriber, *before)
    audit.record(actor, ADDRESS_SAID, at=at, on=prescriber, before=before, after=_address(prescriber))
    return prescriber


def _address(p: Prescriber) -> dict[str, str]:
    return {"street": p.street, "city": p.city, "state": p.state, "postal_code": p.postal_code}


def _region(state: str) -> str:
    region = patient_rules.state_code(state)
    if region is None:
        raise Refused("state_unknown", f"{state} is no US state or territory.", {"state": "Two letters, such as WI"})
    return region


@command
def enter(actor: Actor, *, prescription: Prescription, entry: Entry, at: datetime) -> Prescription:
    """Write what was entered; Refused with all that the rules find, field by field."""
    actor.must(acts.ENTER, at=at, site_id=prescription.site_id)
    schedule = schedule_of(entry.drug, on=actor.day(at), state=actor.state)
    entry = _with_written_words(prescription, entry)
    refuse_unsound(prescription, entry, schedule=schedule, on=actor.day(at), state=actor.state)
    if schedule and prescription.origin == Prescription.Origin.PHARMACY:
        _refuse_taken_over_as_less(prescription, entry.drug, schedule)
    if schedule == 2:
        _refuse_series(prescription, entry, state=actor.state)
    before = _plain(prescription)
    for field in _ENTERED:
        setattr(prescription, field, getattr(entry, field))
    prescription.schedule = schedule
    prescription.expires_on = rules.expires_on(schedule, entry.written_on, state=actor.state)
    prescription.entered_by_id, prescription.entered_by = actor.user_id, actor.name
    keep_row(prescription, *_ENTERED, "schedule", "expires_on", "entered_by_id", "entered_by")
    audit.record(actor, ENTERED, at=at, on=prescription, before=before, after=_plain(prescription))
    return prescription


def _with_written_words(prescription: Prescription, entry: Entry) -> Entry:
    """An electronic order that forbids substitution says so in its own field: those are the prescriber's words."""
    if entry.daw == "1" and not entry.daw_words.strip() and prescription.written.get("substitution_allowed") is False:
        return replace(entry, daw_words="Substitution not allowed, as the order says")
    return entry


def _refuse_taken_over_as_less(prescription: Prescription, drug: Drug, schedule: int) -> None:
    """Refused where a controlled order came from another pharmacy by the rules of a milder schedule, or of none (21 CFR 1306.08, 1306.25)."""
    taken = prescription.transfers.filter(way=Transfer.Way.IN).values_list("record", flat=True).first()
    if taken is None:
        sentence = f"{drug} is {schedule_name(schedule)}, and no record of its transfer was kept. Cancel it, and take it over at intake, “From another pharmacy”."
        raise Refused("transfer_unrecorded", sentence, {"drug": sentence})
    if schedule == 2 and taken["first_dispensed_on"]:
        sentence = f"{drug} is Schedule II and was filled at the other pharmacy: it is not transferable. Cancel it; a new prescription is needed."
        raise Refused("transfer_schedule_ii", sentence, {"drug": sentence})
    before = taken["schedule"]
    if strictest(before, schedule) != before:
        sentence = f"It was taken over as {schedule_name(before)}; {drug} is {schedule_name(schedule)}. Cancel it and take it over as {schedule_name(schedule)}."
        raise Refused("transfer_schedule", sentence, {"drug": sentence})


def _refuse_series(prescription: Prescription, entry: Entry, *, state: str) -> None:
    """Refused where several prescriptions of one medicine in Schedule II, issued on one day, are not as the law asks (21 CFR 1306.12(b))."""
    others = Prescription.objects.filter(
        site_id=prescription.site_id, patient__in=people.records(entry.patient.person_id), drug=entry.drug, prescriber=entry.prescriber,
        written_on=entry.written_on, is_active=True,
    ).exclude(pk=prescription.pk)  # fmt: skip
    named = list(others.values_list("number", "days_supply", "fill_from"))
    if not named:
        return
    rows = [(prescription.number, entry.days_supply, entry.fill_from), *named]
    if any(days is None for _, days, _ in rows):
        raise Refused(
            "series_days", "One of several prescriptions of Schedule II of one day: the days' supply of each is needed.",
            {"days_supply": "Needed"},
        )  # fmt: skip
    series = [
        multiple.Member(written_on=entry.written_on, days_supply=days or 0, fill_from=first) for _, days, first in rows
    ]
    series.sort(key=lambda one: one.fill_from or date.min)
    ruling = multiple.sound(series, state=state)
    if not ruling.allowed:
        beside = ", ".join(f"Rx {number}" for number, *_ in named)
        raise Refused("series_unsound", f"Beside {beside}: {ruling.sentence}", {"fill_from": ruling.rule})


def schedule_of(drug: Drug, *, on: date, state: str, held: Sequence[SubstanceSchedule] | None = None) -> int:
    """The schedule that holds here: the strictest of the federal one, the state's and the lists' that were brought in (0: not controlled).

    `held` is what the lists hold on that day, where it was asked once for several.
    """
    federal = strictest(drug.schedule, listed.of_lists(drug, on=on, state=state, held=held))
    if not schedules.may_differ(state):
        return federal
    ingredients = tuple(key for (key,) in _INGREDIENTS(drug=drug.pk))
    return schedules.strictest(federal, ingredients, on=on, state=state)[0]


def hold_stricter(actor: Actor, prescription: Prescription, *, at: datetime) -> None:
    """Hold an order by the schedule of now where that is stricter than at its entry; in the running transaction.

    A list may control a medicine while refills of it wait: their number and their last day are then those of the new schedule
    (21 CFR 1306.22), and nothing makes an order looser again but entering it anew.
    """
    if prescription.drug is None or prescription.written_on is None:
        return
    today, before = actor.day(at), prescription.schedule
    now = strictest(before, schedule_of(prescription.drug, on=today, state=actor.state))
    if now == before:
        return
    if prescribers.needs_dea(now) and not (prescription.prescriber and prescription.prescriber.dea):
        raise Refused(
            "dea_missing",
            f"Rx {prescription.number}: {prescription.drug} is controlled by now, and its prescriber has no DEA number here. A new prescription is needed.",
        )
    counted = refills.refills_most(now, on=today, state=actor.state)
    ends = (prescription.expires_on, rules.expires_on(now, prescription.written_on, state=actor.state))
    said = _held_by(prescription)
    prescription.schedule = now
    prescription.expires_on = min((day for day in ends if day is not None), default=None)
    if counted is not None:
        prescription.refills = min(prescription.refills, counted.refills or 0)
    keep_row(prescription, "schedule", "expires_on", "refills")
    audit.record(actor, HELD_STRICTER, at=at, on=prescription, before=said, after=_held_by(prescription))


def _held_by(p: Prescription) -> dict[str, str]:
    return {"schedule": str(p.schedule), "expires_on": str(p.expires_on or ""), "refills": str(p.refills)}


def refuse_unsound(prescription: Prescription, entry: Entry, *, schedule: int, on: date, state: str) -> None:
    """Refused where the rules of the schedule or the label linter say no."""
    facts = rules.OrderFacts(
        schedule=schedule,
        quantity=entry.quantity,
        days_supply=entry.days_supply,
        refills=entry.refills,
        written_on=entry.written_on,
        prescriber_dea=entry.prescriber.dea,
        prescriber_role=entry.prescriber.role,
        daw=entry.daw,
        daw_words=entry.daw_words,
        fill_from=entry.fill_from,
        emergency=is_emergency(prescription, schedule),
        directions=entry.directions,
        signed=bool(prescription.written.get("signed")),
        origin=prescription.origin,
        read_back=prescription.read_back,
        state=state,
        knows_home=bool(entry.patient.street.strip() and entry.patient.city.strip()),
        knows_office=bool(entry.prescriber.street.strip() and entry.prescriber.city.strip()),
    )
    found = rules.refusals(facts, on=on)
    found += [("directions", f) for f in lint.lint_text(entry.directions, what="directions") if f.severity.is_serious]
    if found:
        first = found[0][1]
        raise Refused(
            first.code, " ".join(f.sentence for _, f in found), {field: f.sentence for field, f in reversed(found)}
        )


def is_emergency(prescription: Prescription, schedule: int) -> bool:
    """Whether it was taken by telephone with the checklist; asked only where that matters."""
    by_telephone = schedule == 2 and prescription.origin == Prescription.Origin.TELEPHONE
    return by_telephone and EmergencyOrder.objects.filter(prescription=prescription).exists()


def _plain(p: Prescription) -> dict[str, str]:
    """What was entered, as the audit trail keeps it."""
    return {
        "patient": p.patient.number if p.patient else "",
        "drug": str(p.drug or ""),
        "quantity": f"{p.quantity or 0:f}",
        "refills": str(p.refills),
        "directions": p.directions,
        "written_on": str(p.written_on or ""),
        "days_supply": str(p.days_supply or ""),
        "prescriber": str(p.prescriber or ""),
        "daw": p.daw,
        "daw_words": p.daw_words,
        "fill_from": str(p.fill_from or ""),
    }


def note_supply(prescription: Prescription, *, since: date, until: date) -> None:
    """Remember what was handed over should last until when; in the running transaction."""
    prescription.supply_from, prescription.supply_until = since, until
    keep_row(prescription, "supply_from", "supply_until")


def end(prescription: Prescription) -> None:
    """No more fills of this prescription; in the running transaction."""
    Prescription.objects.filter(pk=prescription.pk).update(is_active=False)
