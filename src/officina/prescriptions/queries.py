"""Reading messages, prescribers and prescriptions of the actor's site."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    DateField,
    DateTimeField,
    Field,
    Min,
    Q,
    QuerySet,
    Value,
    When,
)

from officina.base.access import Actor
from officina.base.models import AuditEntry
from officina.base.paging import Page, after, page
from officina.base.rows import Question
from officina.kernel.errors import Refused
from officina.patients import queries as patients
from officina.prescriptions.models import Attachment as Attachment
from officina.prescriptions.models import EmergencyOrder as EmergencyOrder
from officina.prescriptions.models import Enquiry as Enquiry
from officina.prescriptions.models import How as How
from officina.prescriptions.models import Message as Message
from officina.prescriptions.models import Prescriber as Prescriber
from officina.prescriptions.models import Prescription as Prescription
from officina.prescriptions.models import Received
from officina.prescriptions.models import RefillConsent as RefillConsent
from officina.prescriptions.models import SigCode as SigCode
from officina.prescriptions.models import Transfer as Transfer
from officina.prescriptions.models import Withdrawal as Withdrawal

UNSETTLED = (Message.Status.KEPT, Message.Status.REFUSED, Message.Status.DUPLICATE)


SLICE = 25
_COLUMNS = ("at", "pk", "code", "format", "kind", "version", "status", "settled_at", "settled_by")


@dataclass(frozen=True, slots=True)
class Ordered:
    """A prescription as the list of messages names it: as it was written, before and after its entry."""

    code: UUID
    number: str
    patient: str
    medicine: str
    prescriber: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A message as the list of messages shows it."""

    at: datetime
    pk: int
    code: UUID
    format: str
    kind: str
    version: str
    status: str
    settled_at: datetime | None
    settled_by: str
    prescriptions: list[Ordered]

    @property
    def answer(self) -> str:
        """How it was answered, in words."""
        return str(Message.Status(self.status).label)


def _newest(site: Any) -> "QuerySet[Message, Any]":
    return Message.objects.filter(site=site).order_by("-at", "-pk")[: SLICE + 1]


_NEWEST = Question(lambda site: _newest(site).values_list(*_COLUMNS), site=BigIntegerField())
_OF_NEWEST = Question(
    lambda site: (
        Prescription.objects.filter(message__in=_newest(site).values("pk"))
        .order_by("pk")
        .values_list("message_id", "code", "number", "written")
    ),
    site=BigIntegerField(),
)


def _ordered(code: UUID, number: str, written: dict[str, Any]) -> Ordered:
    def name(who: str) -> str:
        told = written.get(who) or {}
        return ", ".join(part for part in (told.get("last_name"), told.get("first_name")) if part)

    return Ordered(code, number, name("patient"), str(written.get("drug_text") or ""), name("prescriber"))


def messages(actor: Actor, *, cursor: str = "") -> Page[Listed]:
    """Messages, newest first, each with what its prescriptions say. Two statements, which do not read their bytes."""
    if cursor:
        older = page(Message.objects.filter(site_id=actor.site_id), cursor=cursor, size=SLICE)
        rows: list[Any] = [[getattr(m, name) for name in _COLUMNS] for m in older.rows]
        orders = Prescription.objects.filter(message__in=older.rows).order_by("pk")
        brought: Iterable[tuple[int, UUID, str, Any]] = orders.values_list("message_id", "code", "number", "written")
        following = older.next
    else:
        rows, brought = _NEWEST(site=actor.site_id), _OF_NEWEST(site=actor.site_id)
        following = after(rows[SLICE - 1][0], rows[SLICE - 1][1]) if len(rows) > SLICE else ""
    held: dict[int, list[Ordered]] = defaultdict(list)
    for message, code, number, written in brought:
        held[message].append(_ordered(code, number, written or {}))
    return Page([Listed(*(*row, held[row[1]])) for row in rows[:SLICE]], following)


_OF_MESSAGE = Question(
    lambda message: Prescription.objects.filter(message=message).order_by("id"), message=BigIntegerField()
)


def of_message(message: Message) -> list[Prescription]:
    """The prescriptions that a message brought. One statement."""
    return _OF_MESSAGE(message=message.pk)


def unsettled(actor: Actor, *, most: int = 100) -> list[Message]:
    """Messages that wait for a person: refused, repeated, or kept and never read. Oldest first, without their bytes."""
    return _TO_SETTLE(site=actor.site_id)[:most]


_TO_SETTLE = Question(
    lambda site: (
        Message.objects.filter(site=site, settled_at__isnull=True, status__in=UNSETTLED)
        .select_related("received")
        .defer("received__raw")
        .order_by("at", "id")[:100]
    ),
    site=BigIntegerField(),
)


def _tallied(rows: QuerySet[Any], at: str, kind: str) -> Any:
    return rows.order_by().values_list("site").annotate(kind=Value(kind), n=Count("id"), oldest=Min(at))


_TO_LOOK_AT = Question(
    lambda site: _tallied(
        Message.objects.filter(site=site, settled_at__isnull=True, status__in=UNSETTLED), "at", "message"
    ).union(
        _tallied(Withdrawal.objects.filter(site=site, state=Withdrawal.State.WAITING), "at", "withdrawal"),
        _tallied(
            Enquiry.objects.filter(site=site, seen_at__isnull=True).exclude(state=Enquiry.State.WAITING, by_wire=True),
            "asked_at",
            "enquiry",
        ),
        _tallied(
            EmergencyOrder.objects.filter(site=site, came_on__isnull=True, told_at__isnull=True),
            "ordered_at",
            "emergency",
        ),
        all=True,
    ),
    site=BigIntegerField(),
)


def to_look_at(actor: Actor) -> dict[str, tuple[int, datetime | None]]:
    """What waits for a person outside the fills: how many messages, orders taken back, and answers or calls, and since when. One statement."""
    return {kind: (n, oldest) for _, kind, n, oldest in _TO_LOOK_AT(site=actor.site_id)}


def message(actor: Actor, code: str) -> Message:
    """A message by code, with its bytes as received; Refused where this site has none such."""
    found = Message.objects.select_related("received").filter(site_id=actor.site_id, code=code).first()
    if found is None:
        raise Refused("no_message", "There is no such message here.")
    return found


def _shown(site: Any) -> QuerySet[Prescription]:
    return Prescription.objects.filter(site=site).select_related("patient", "prescriber", "drug", "message__received")


def prescriptions(actor: Actor) -> QuerySet[Prescription]:
    """Prescriptions of the site with what every page shows of them."""
    return _shown(actor.site_id)


def prescription(actor: Actor, code: str) -> Prescription:
    """A prescription by code; Refused where this site has none such."""
    found = prescriptions(actor).filter(code=code).first()
    if found is None:
        raise Refused("no_prescription", "There is no such prescription here.")
    return found


def by_number(actor: Actor, number: str) -> Prescription | None:
    """A prescription by the number that people say."""
    return prescriptions(actor).filter(number=number).first()


@cache
def _newest_of(most: int) -> Question[Prescription]:
    return Question(
        lambda site, patient: _shown(site).filter(patient=patient).order_by("-received_at", "-id")[:most],
        site=BigIntegerField(),
        patient=BigIntegerField(),
    )


def of_patient(actor: Actor, person_id: int, *, most: int = 50) -> list[Prescription]:
    """A person's prescriptions, newest first; `person_id` is the key of the record that stands."""
    records = patients.records_of(person_id)
    if records == [person_id]:
        return _newest_of(most)(site=actor.site_id, patient=person_id)
    return list(prescriptions(actor).filter(patient__in=records).order_by("-received_at", "-id")[:most])


LOOK_BACK = timedelta(days=365)
MEDICINES = 60
"""So many of a person's medicines are shown; nobody has so many in use."""


_LOOKING_BACK: "dict[str, Field[Any, Any]]" = {
    "patient": BigIntegerField(),
    "since": DateField(),
    "from_then": DateTimeField(),
}


def _is_in_use(since: Any, from_then: Any) -> Q:
    return Q(supply_until__gte=since) | Q(supply_until__isnull=True, is_active=True, received_at__gte=from_then)


_IN_USE = Question(
    lambda patient, since, from_then: (
        Prescription.objects.filter(
            _is_in_use(since, from_then), patient__in=patients.records(patient), drug__isnull=False
        )
        .select_related("drug")
        .order_by("id")
    ),
    **_LOOKING_BACK,
)
_MEDICINES = Question(
    lambda patient, since, from_then: (
        Prescription.objects.filter(patient__in=patients.records(patient), drug__isnull=False)
        .select_related("drug")
        .order_by(Case(When(_is_in_use(since, from_then), then=0), default=1), "-received_at", "-id")[:MEDICINES]
    ),
    **_LOOKING_BACK,
)


def in_use(person_id: int, *, on: date) -> list[Prescription]:
    """Every medicine that a person has, had within a year, or was ordered within a year and not given yet; oldest first. One statement.

    What was handed over counts by its last day of supply, however long ago it was ordered and even where the order has ended since:
    the patient still has it.
    """
    return _IN_USE(patient=person_id, **_look_back(on))


def medicines(person_id: int, *, on: date) -> list[Prescription]:
    """What a person's page shows: first what is in use, however many orders came since, then the newest of the rest. One statement."""
    return _MEDICINES(patient=person_id, **_look_back(on))


def _look_back(on: date) -> dict[str, Any]:
    since = on - LOOK_BACK
    return {"since": since, "from_then": datetime.combine(since, time.min, tzinfo=UTC)}


_OF_NPI = Question(
    lambda site, npi: Prescriber.objects.filter(site=site, npi=npi).order_by("id"),
    site=BigIntegerField(),
    npi=CharField(),
)


def prescriber_candidates(actor: Actor, *, npi: str, last_name: str, most: int = 5) -> list[Prescriber]:
    """Who the written prescriber may be: by NPI first, then by last name. A person confirms."""
    rows = Prescriber.objects.filter(site_id=actor.site_id)
    found = _OF_NPI(site=actor.site_id, npi=npi)[:most] if npi else []
    if not found and last_name:
        found = list(rows.filter(last_name__iexact=last_name).order_by("first_name")[:most])
    return found


def prescribers(actor: Actor, text: str, *, most: int = 20) -> list[Prescriber]:
    """Prescribers whose last name begins with the text, or with that NPI."""
    rows = Prescriber.objects.filter(site_id=actor.site_id)
    found = (
        rows.filter(npi=text) if text.isascii() and text.isdigit() else rows.filter(last_name__istartswith=text.strip())
    )
    return list(found.order_by("last_name", "first_name")[:most])


def prescriber(actor: Actor, code: str) -> Prescriber:
    """A prescriber by code; Refused where this site has none such."""
    found = Prescriber.objects.filter(site_id=actor.site_id, code=code).first()
    if found is None:
        raise Refused("no_prescriber", "There is no such prescriber here.")
    return found


def attachment(actor: Actor, code: str) -> Attachment:
    """A picture of a paper prescription; Refused where this site has none such."""
    found = Attachment.objects.filter(site_id=actor.site_id, code=code).first()
    if found is None:
        raise Refused("no_attachment", "There is no such picture here.")
    return found


_PICTURES = Question(
    lambda prescription: Attachment.objects.filter(prescription=prescription).defer("data").order_by("id"),
    prescription=BigIntegerField(),
)


def attachments(prescription_id: int) -> list[Attachment]:
    """The pictures of a prescription, without their bytes."""
    return _PICTURES(prescription=prescription_id)


def unread() -> list[str]:
    """A sentence for each message that was kept and never read: the power went in between. Over all sites."""
    return [
        f"message {m.code} was kept and never read"
        for m in Message.objects.filter(status=Message.Status.KEPT).only("code")
    ]


def altered() -> Iterator[str]:
    """A sentence for each message that is not as it was received, by its hash and by the one in the audit trail. Reads every message."""
    kept = AuditEntry.objects.filter(verb="message.kept").values_list("on_code", "after")
    told = {code: (facts or {}).get("sha256") for code, facts in kept.iterator()}
    rows = Received.objects.order_by("id").values_list("message__code", "at", "raw", "sha256")
    for code, at, raw, digest in rows.iterator(chunk_size=100):
        came, kept_as = hashlib.sha256(raw).hexdigest(), told.pop(str(code), None)
        if not came == digest == kept_as:
            how = "its bytes or their hash were changed" if kept_as else "the audit trail does not tell of it"
            yield f"message {code}, received {at:%b %d, %Y %H:%M:%S} UTC: {how}"
    yield from (f"message {code}: the audit trail tells that it was kept, and it is not here" for code in told)


def kept_unread(actor: Actor) -> list[Message]:
    """Messages of the site that were kept and never read, to be read now."""
    return list(
        Message.objects.select_related("received")
        .filter(site_id=actor.site_id, status=Message.Status.KEPT)
        .order_by("id")
    )


def open_enquiries(actor: Actor) -> list[Enquiry]:
    """What was asked of prescribers and nobody has put aside yet, oldest first. One statement."""
    return _OPEN_ENQUIRIES(site=actor.site_id)


_ABOUT = ("prescription__patient", "prescription__prescriber", "prescription__drug")
_OPEN_ENQUIRIES = Question(
    lambda site: (
        Enquiry.objects.filter(site=site, seen_at__isnull=True)
        .select_related(*_ABOUT, "message", "renewed_as")
        .order_by("asked_at", "id")[:200]
    ),
    site=BigIntegerField(),
)
_OPEN_WITHDRAWALS = Question(
    lambda site: (
        Withdrawal.objects.filter(site=site, state=Withdrawal.State.WAITING)
        .select_related(*_ABOUT, "message")
        .order_by("at", "id")[:200]
    ),
    site=BigIntegerField(),
)
_EMERGENCIES = Question(
    lambda site: (
        EmergencyOrder.objects.filter(site=site, came_on__isnull=True, told_at__isnull=True)
        .select_related(*_ABOUT)
        .order_by("due_on", "id")[:200]
    ),
    site=BigIntegerField(),
)


def open_withdrawals(actor: Actor) -> list[Withdrawal]:
    """Orders that their prescribers take back and that nobody has decided about, oldest first. One statement."""
    return _OPEN_WITHDRAWALS(site=actor.site_id)


def enquiry(actor: Actor, code: str) -> Enquiry:
    """A request by code; Refused where this site has none such."""
    found = Enquiry.objects.select_related(*_ABOUT, "renewed_as").filter(site_id=actor.site_id, code=code).first()
    if found is None:
        raise Refused("no_request", "There is no such request here.")
    return found


def withdrawal(actor: Actor, code: str) -> Withdrawal:
    """An order taken back, by code, with the message as received; Refused where this site has none such."""
    rows = Withdrawal.objects.select_related(*_ABOUT, "message__received")
    found = rows.filter(site_id=actor.site_id, code=code).first()
    if found is None:
        raise Refused("no_withdrawal", "There is no such message here.")
    return found


_ENQUIRIES_OF = Question(
    lambda prescription: Enquiry.objects.filter(prescription=prescription).select_related("renewed_as").order_by("id"),
    prescription=BigIntegerField(),
)
_WITHDRAWALS_OF = Question(
    lambda prescription: Withdrawal.objects.filter(prescription=prescription).order_by("id"),
    prescription=BigIntegerField(),
)
_TRANSFERS_OF = Question(
    lambda prescription: Transfer.objects.filter(prescription=prescription).order_by("id"),
    prescription=BigIntegerField(),
)
_CONSENTS_OF = Question(
    lambda prescription: RefillConsent.objects.filter(prescription=prescription).order_by("-id"),
    prescription=BigIntegerField(),
)


def told_of(prescription: Prescription) -> tuple[list[Enquiry], list[Withdrawal], list[Transfer]]:
    """What was asked about a prescription, who took it back, where it went or came from. Three statements."""
    pk = prescription.pk
    return _ENQUIRIES_OF(prescription=pk), _WITHDRAWALS_OF(prescription=pk), _TRANSFERS_OF(prescription=pk)


def transfer(actor: Actor, code: str) -> Transfer:
    """A transfer by code, with its prescription; Refused where this site has none such."""
    found = Transfer.objects.select_related(*_ABOUT).filter(site_id=actor.site_id, code=code).first()
    if found is None:
        raise Refused("no_transfer", "There is no such transfer here.")
    return found


def consents_of(prescription: Prescription) -> list[RefillConsent]:
    """Every consent to refill it by itself, the newest first; the first holds where it has not ended. One statement."""
    return _CONSENTS_OF(prescription=prescription.pk)


def consented(actor: Actor, *, lasts_to: date, most: int = 500) -> list[RefillConsent]:
    """The consents that hold for what was handed over and lasts no longer than to this day, the earliest to run out first. One statement."""
    rows = RefillConsent.objects.filter(site_id=actor.site_id, ended_at__isnull=True, prescription__is_active=True)
    rows = rows.filter(prescription__supply_until__lte=lasts_to).select_related(
        "prescription__patient", "prescription__drug", "prescription__prescriber"
    )
    return list(rows.order_by("prescription__supply_until", "id")[:most])


def consent_holds(prescription_ids: Iterable[int]) -> set[int]:
    """Those of the prescriptions that are refilled by themselves. One statement."""
    rows = RefillConsent.objects.filter(prescription__in=list(prescription_ids), ended_at__isnull=True)
    return set(rows.values_list("prescription_id", flat=True))


_SIG_CODES = Question(
    lambda site: SigCode.objects.filter(site=site, is_active=True).order_by("typed").values_list("typed", "expansion"),
    site=BigIntegerField(),
)


def sig_codes(actor: Actor) -> dict[str, str]:
    """The house's own sig codes with what each stands for. One statement."""
    return dict(_SIG_CODES(site=actor.site_id))


def sig_code_list(actor: Actor) -> list[SigCode]:
    """The same as rows, with who set each and when."""
    return list(SigCode.objects.filter(site_id=actor.site_id, is_active=True).order_by("typed"))


def sig_code(actor: Actor, typed: str) -> SigCode:
    """A code of the house by its letters; Refused where there is none such."""
    found = SigCode.objects.filter(site_id=actor.site_id, typed=typed.strip().lower(), is_active=True).first()
    if found is None:
        raise Refused("no_sig_code", f"There is no sig code {typed.strip()!r} here.", {"typed": "Not found"})
    return found


def emergencies(actor: Actor) -> list[EmergencyOrder]:
    """Emergency orders whose signed prescription has not come and of which the DEA was not told, the first due first. One statement."""
    return _EMERGENCIES(site=actor.site_id)


def emergency_of(prescription: Prescription) -> EmergencyOrder | None:
    """What is known of the order by telephone in an emergency that a prescription is; None where it is none."""
    return EmergencyOrder.objects.filter(prescription=prescription).first()


def emergency(actor: Actor, code: str) -> EmergencyOrder:
    """An emergency order by code; Refused where this site has none such."""
    found = EmergencyOrder.objects.select_related("prescription").filter(site_id=actor.site_id, code=code).first()
    if found is None:
        raise Refused("no_emergency", "There is no such emergency order here.")
    return found
