"""Reading fills for the desks: what waits where, one fill with all that a page shows of it, bags and pick-ups."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    DateTimeField,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    UUIDField,
    When,
)
from django.db.models.functions import Coalesce

from officina.base import queries as house
from officina.base import statement
from officina.base.access import Actor
from officina.base.models import AuditEntry, AuditSeal
from officina.base.paging import Page, first, page
from officina.base.rows import Question, as_instant
from officina.dispensing.models import Bag as Bag
from officina.dispensing.models import Fill as Fill
from officina.dispensing.models import FillPart, FillScan, FillStep
from officina.dispensing.models import PickUp as PickUp
from officina.dispensing.people import translated
from officina.dispensing.rules import refilling, returns
from officina.dispensing.rules.machine import OPEN, State
from officina.drugs import queries as drugs
from officina.drugs.rules.schedules import strictest
from officina.inventory import queries as stock
from officina.inventory import rules as lots
from officina.kernel.clock import begin_of, day_of
from officina.kernel.errors import Refused
from officina.labels.content import LabelFacts
from officina.patients import queries as patients
from officina.prescriptions.models import Prescription
from officina.screening import queries as screening

_WITH = ("prescription__drug", "prescription__prescriber", "patient", "package__product__drug", "bag")


class Named(NamedTuple):
    """A clinical drug as a list names it."""

    generic_name: str
    strength: str
    form: str
    unit: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One fill on a worklist, with what its line shows: a list of fifty is read at each scan."""

    pk: int
    code: UUID
    state: State
    since: datetime
    promised_at: datetime
    quantity: Decimal | None
    filled_by_id: int | None
    prescription_code: UUID
    schedule: int | None
    patient: str | None
    """'Flórez, Rosa', or None where nobody was matched yet."""
    drug: Named | None
    written: dict[str, Any]
    """The order as written, where patient or drug is not known yet."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in one state: how many, since when the oldest, and the earliest promise."""

    state: State
    count: int
    oldest: datetime | None
    """None where nobody looked through all of them."""
    promised: datetime | None
    is_more: bool = False
    """Whether more may wait than were counted."""

    def late_by(self, at: datetime) -> timedelta:
        """How late the most urgent one is against its promise; zero where nothing is."""
        return max(at - self.promised, timedelta()) if self.promised else timedelta()


def _fills(site_id: Any) -> QuerySet[Fill]:
    return Fill.objects.filter(site_id=site_id).select_related(*_WITH)


_CLOSED = [State.SOLD, State.CANCELLED, State.RETURNED]
"""Said beside the states that are wanted, so that the database takes the small index of what waits."""
REVIEWED = (
    State.WAITING_FOR_PAYMENT, State.READY_TO_FILL, State.FILLING, State.FINAL_CHECK, State.CHECKED, State.BIN, State.HELD,
)  # fmt: skip
"""Past the clinical review, or set aside: what a pharmacist has cleared, until something new is found."""


def _is_stopped() -> Q:
    """That a serious alert is open. The few that are open anywhere are read once, not the alerts of each fill one by one."""
    return Q(prescription__in=screening.stopping().values("screening__prescription"))


_WAITING = Question(
    lambda site: (
        Fill.objects.filter(site=site, state__in=OPEN)
        .exclude(state__in=_CLOSED)
        .values_list("state")
        .annotate(n=Count("id"), oldest=Min("since"), promised=Min("promised_at"))
        .order_by("state")
    ),
    site=BigIntegerField(),
)
AT_A_GLANCE = 100
"""So many of a state are counted for the rail, which every page shows: a house may hold thousands of bags."""
_OPEN_HERE = f"site_id = %s AND NOT (state IN {tuple(map(str, _CLOSED))}) AND state"
# Each state for itself, along the index of what waits, most urgent first. Only names of our own are in it.
_COUNTED = [
    f"SELECT '{state}', COUNT(*), MIN(since), MIN(promised_at) FROM (SELECT since, promised_at FROM dispensing_fill "  # noqa: S608
    f"WHERE {_OPEN_HERE} = '{state}' ORDER BY promised_at LIMIT {AT_A_GLANCE}) AS first"
    for state in OPEN
]
# From the few alerts that are open to their fills, never the other way round.
_STOPPED = (
    "SELECT '', CAST(SUM((SELECT COUNT(*) FROM dispensing_fill AS f WHERE f.prescription_id = stopping.prescription_id "  # noqa: S608
    f"AND {_OPEN_HERE} IN {tuple(map(str, REVIEWED))})) AS bigint), NULL, NULL FROM ({screening.STOPPED}) AS stopping"
)
_GLANCE = " UNION ALL ".join([*_COUNTED, _STOPPED])
_FILL = Question(lambda site, code: _fills(site).filter(code=code), site=BigIntegerField(), code=UUIDField())
_BY_NUMBER = Question(
    lambda site, number: _fills(site).filter(number=number), site=BigIntegerField(), number=CharField()
)
_BY_RX = Question(
    lambda site, number: _fills(site).filter(prescription__number=number).order_by("-fill_no")[:1],
    site=BigIntegerField(),
    number=CharField(),
)
_FILLS_OF = Question(
    lambda prescription: (
        Fill.objects.filter(prescription=prescription)
        .select_related("package__product__drug", "bag")
        .order_by("fill_no")
    ),
    prescription=BigIntegerField(),
)
SLICE = 25
"""Fills of a person that are shown at a time."""
_NEWEST_OF = Question(
    lambda site, patient: _fills(site).filter(patient=patient).order_by("-received_at", "-pk")[: SLICE + 1],
    site=BigIntegerField(),
    patient=BigIntegerField(),
)
_PARTS = Question(
    lambda fill: FillPart.objects.filter(fill=fill).select_related("lot__package").order_by("id"),
    fill=BigIntegerField(),
)
_SCANS = Question(
    lambda fill: FillScan.objects.filter(fill=fill).select_related("lot").order_by("id"), fill=BigIntegerField()
)
_CAME_BACK = Question(
    lambda fill, state: FillStep.objects.filter(fill=fill, to_state=state).exclude(why="").order_by("-id")[:1],
    fill=BigIntegerField(),
    state=CharField(),
)
_PICK_UP = Question(
    lambda site, code: PickUp.objects.select_related("patient").filter(site=site, code=code),
    site=BigIntegerField(),
    code=UUIDField(),
)


def fills(actor: Actor) -> QuerySet[Fill]:
    """The fills of the actor's site, with what every page shows of them."""
    return _fills(actor.site_id)


def waiting(actor: Actor) -> dict[State, Waiting]:
    """What waits where, over open fills only: one statement whose cost does not grow with history."""
    found = {State(state): Waiting(State(state), *rest) for state, *rest in _WAITING(site=actor.site_id)}
    return {s: found.get(s, Waiting(s, 0, None, None)) for s in OPEN}


def at_a_glance(actor: Actor) -> tuple[dict[State, Waiting], int]:
    """The same, a hundred of each state at most, and how many were cleared and are stopped by a serious alert found since.

    One statement, whose cost does not grow with what waits, either.
    """
    found = {what: rest for what, *rest in statement.rows(_GLANCE, [actor.site_id] * (len(OPEN) + 1))}
    return {state: _glanced(state, *found[state]) for state in OPEN}, found[""][0] or 0


def _glanced(state: State, count: int, oldest: Any, promised: Any) -> Waiting:
    is_more = count == AT_A_GLANCE
    return Waiting(state, count, None if is_more else as_instant(oldest), as_instant(promised), is_more)


def stopped_by_alert(actor: Actor, *, most: int = 50) -> list[Piece]:
    """Fills that were cleared and that a serious alert stops since: records were merged, or somebody screened again. One statement."""
    return [_piece(*row) for row in _in_states(REVIEWED, most, is_stopped=True)(site=actor.site_id)]


def worklist(actor: Actor, *states: State, most: int = 50) -> list[Piece]:
    """Fills in these states, earliest promise first. One statement."""
    return [_piece(*row) for row in _in_states(states, most)(site=actor.site_id)]


def alarmed(actor: Actor, *states: State, most: int = 50) -> set[int]:
    """Which of the fills on that list a serious alert stops. One statement."""
    return {row[0] for row in _in_states(states, most, is_stopped=True)(site=actor.site_id)}


@cache
def _in_states(states: tuple[State, ...], most: int, *, is_stopped: bool = False) -> Question[tuple[Any, ...]]:
    def drug(name: str) -> Coalesce:
        # What was chosen to be dispensed goes before what was entered.
        return Coalesce(f"package__product__drug__{name}", f"prescription__drug__{name}")

    stopped = [_is_stopped()] if is_stopped else []
    is_open = Q(patient__isnull=True) | Q(prescription__drug__isnull=True)

    def first(site: Any) -> QuerySet[Fill, Any]:
        # The few that are shown are found before all that is shown of them is read: a thousand may wait.
        waiting = Fill.objects.filter(*stopped, site=site, state__in=states).exclude(state__in=_CLOSED)
        return waiting.order_by("promised_at", "id").values("pk")[:most]

    return Question(
        lambda site: (
            Fill.objects.filter(pk__in=first(site))
            .order_by("promised_at", "id")
            .values_list(
                "pk",
                "code",
                "state",
                "since",
                "promised_at",
                "quantity",
                "filled_by_id",
                "prescription__code",
                "prescription__schedule",
                "patient__last_name",
                "patient__first_name",
                *(drug(name) for name in Named._fields),
                Case(When(is_open, then=F("prescription__written")), default=None),
            )
        ),
        site=BigIntegerField(),
    )


def _piece(pk: int, code: UUID, state: str, *rest: Any) -> Piece:
    since, promised_at, quantity, filled_by, rx, schedule, last_name, first_name, *named, written = rest
    return Piece(
        pk,
        code,
        State(state),
        since,
        promised_at,
        quantity,
        filled_by,
        rx,
        schedule,
        f"{last_name}, {first_name}" if last_name is not None else None,
        Named(*named) if named[0] is not None else None,
        written or {},
    )


def fill(actor: Actor, code: str, *, version: int | None = None) -> Fill:
    """A fill by code; Refused where this site has none such, or where the page that asks showed an older version."""
    found = _FILL.first(site=actor.site_id, code=code)
    if found is None:
        raise Refused("no_fill", "There is no such fill here.")
    if version is not None and version != found.version:
        raise Refused(
            "stale", "Somebody else changed this fill a moment ago. Nothing of yours was done; look at it again."
        )
    return found


def fill_by_number(actor: Actor, number: str) -> Fill | None:
    """A fill by the number on its label, or the latest fill of a prescription by its number."""
    if number.upper().startswith("F"):
        return _BY_NUMBER.first(site=actor.site_id, number=number.upper())
    return _BY_RX.first(site=actor.site_id, number=number)


def fills_of(prescription: Prescription) -> list[Fill]:
    """The fills of a prescription, first to last."""
    return _FILLS_OF(prescription=prescription.pk)


def fills_of_patient(actor: Actor, person_id: int, *, cursor: str = "") -> Page[Fill]:
    """A person's fills, newest first; `person_id` is the key of the record that stands."""
    records = patients.records_of(person_id)
    if records == [person_id] and not cursor:
        return first(_NEWEST_OF(site=actor.site_id, patient=person_id), by="received_at", size=SLICE)
    return page(fills(actor).filter(patient__in=records), cursor=cursor, by="received_at", size=SLICE)


def parts(fill: Fill) -> list[FillPart]:
    """The lots in the vial."""
    return _PARTS(fill=fill.pk)


def scans(fill: Fill) -> list[FillScan]:
    """Every scan of the fill, right and wrong, in order."""
    return _SCANS(fill=fill.pk)


def scans_of(fills: list[Fill]) -> dict[int, list[FillScan]]:
    """The same for several fills, by primary key, in one statement."""
    found: dict[int, list[FillScan]] = {fill.pk: [] for fill in fills}
    for scan in FillScan.objects.filter(fill__in=fills).select_related("lot").order_by("id"):
        found[scan.fill_id].append(scan)
    return found


def steps(fill: Fill) -> list[FillStep]:
    """Every step of the fill, in order."""
    return list(FillStep.objects.filter(fill=fill).order_by("id"))


def came_back(fill: Fill) -> FillStep | None:
    """Why it stands here again, where somebody gave a reason: sent back, put back, or changed."""
    return _CAME_BACK.first(fill=fill.pk, state=fill.state)


def timeline(prescription: Prescription) -> list[AuditEntry]:
    """All that happened to a prescription and its fills, in order."""
    codes = [
        str(prescription.code),
        *(str(c) for c in Fill.objects.filter(prescription=prescription).values_list("code", flat=True)),
    ]
    if prescription.message is not None:
        codes.append(str(prescription.message.code))
    return list(AuditEntry.objects.filter(on_code__in=codes).order_by("id"))


def counted(fill: Fill) -> Decimal:
    """How much is in the vial."""
    return in_vial(parts(fill))


def in_vial(parts: list[FillPart]) -> Decimal:
    """The same, for who has read the lots already."""
    return sum((part.quantity for part in parts), Decimal(0))


def suggested_lots(
    fill: Fill, *, on: date, held: list[lots.LotFact] | None = None, missing: Decimal | None = None
) -> list[tuple[lots.LotFact, Decimal]]:
    """From which lots to take how much, first expired first; who has read `held` and `missing` gives them along."""
    assert fill.quantity is not None
    missing = fill.quantity - counted(fill) if missing is None else missing
    return lots.pick(usable_lots(fill, on=on) if held is None else held, missing, on=on)


def usable_lots(fill: Fill, *, on: date) -> list[lots.LotFact]:
    """The lots of the fill's package that may be dispensed from, first expired first: what somebody may hold in the hand."""
    assert fill.package_id is not None
    return lots.usable(stock.lots_of(fill.site_id, fill.package_id), on=on)


def _refilled(**which: Any) -> "QuerySet[Fill, Any]":
    """How much of each prescription was dispensed, is under way or is owed as refills."""
    return (
        Fill.objects.filter(Q(kind=Fill.Kind.REFILL) | Q(rest_of__kind=Fill.Kind.REFILL), **which)
        .exclude(state__in=[State.CANCELLED, State.RETURNED])
        .values_list("prescription_id")
        .annotate(taken=Sum("quantity"))
    )


_REFILLED = Question(lambda prescription: _refilled(prescription=prescription), prescription=BigIntegerField())


def refills_left(prescription: Prescription) -> int:
    """Whole refills that may still be dispensed: what was authorised less what is dispensed, under way or owed of it."""
    return refills_left_of([prescription])[prescription.pk]


def refills_left_of(prescriptions: Iterable[Prescription]) -> dict[int, int]:
    """The same for many, by primary key, in one statement."""
    rows = list(prescriptions)
    taken = dict(_REFILLED(prescription=rows[0].pk) if len(rows) == 1 else _refilled(prescription__in=rows))
    return {p.pk: refilling.left_of(p.quantity or Decimal(0), p.refills, taken.get(p.pk) or Decimal(0)) for p in rows}


def label_facts(fill: Fill, *, on: date) -> LabelFacts:
    """All that the label says, gathered."""
    p, package = fill.prescription, fill.package
    if package is None or p.patient is None or p.prescriber is None or fill.quantity is None or p.written_on is None:
        raise Refused("not_entered", "This prescription is not entered yet: there is nothing to print.")
    site, drug = house.site(fill.site_id), package.product.drug
    ingredients = drugs.ingredients_of(drug.pk)
    expiries = [part.lot.expires_on for part in parts(fill)]
    return LabelFacts(
        pharmacy_name=site.name,
        pharmacy_street=site.street,
        pharmacy_city_line=site.city_line,
        pharmacy_phone=site.phone,
        rx_number=p.number,
        fill_number=fill.number,
        fill_no=fill.fill_no,
        patient_name=f"{p.patient.first_name} {p.patient.last_name}",
        prescriber_name=f"{p.prescriber.first_name} {p.prescriber.last_name}".strip(),
        drug_name=drug.generic_name,
        brand_name=package.product.brand_name,
        strength=drug.strength,
        form=drug.form,
        labeler=package.product.labeler,
        ndc=package.ndc,
        directions=p.directions,
        translated=translated(p.patient, p.directions),
        quantity=fill.quantity,
        unit=drug.unit,
        refills_left=refills_left(p),
        refills_until=p.expires_on,
        generic_for="" if package.product.brand_name else drugs.brand_of(drug.pk),
        first_filled_on=_first_filled(fill, site.zone, on=on),
        days_supply=fill.days_supply,
        written_on=p.written_on,
        filled_on=on,
        lot_expires_on=min(expiries) if expiries else None,
        # A list or the state may hold it stricter than the directory: the order says by which it is dispensed.
        schedule=strictest(drug.schedule, p.schedule),
        description=package.product.appearance,
        pharmacist_initials=fill.verified_initials,
        ingredients=tuple(i.name for i in ingredients),
        classes=tuple(sorted({c.replace("-", " ") for i in ingredients for c in i.classes})),
        route=drug.route,
        easy_open=patients.wants_easy_open(p.patient, p.number),
        training=site.training,
        copy_no=max(fill.labels_printed, 1),
    )


def _first_filled(fill: Fill, zone: str, *, on: date) -> date | None:
    """The day, at the pharmacy, of the first fill of a prescription, which refills of Schedules III and IV carry (21 CFR 1306.24)."""
    first = (
        Fill.objects.filter(prescription_id=fill.prescription_id, fill_no=0).values_list("filled_at", flat=True).first()
    )
    return on if fill.fill_no == 0 else day_of(first, zone) if first else None


def bag(actor: Actor, number: str) -> Bag | None:
    """A bag by its number."""
    return Bag.objects.select_related("patient").filter(site_id=actor.site_id, number=number).first()


def bags_of(actor: Actor, person_id: int) -> list[Bag]:
    """A person's bags that wait in their bins; `person_id` is the key of the record that stands."""
    return list(
        Bag.objects.filter(site_id=actor.site_id, patient__in=patients.records_of(person_id), state=Bag.State.WAITING)
        .prefetch_related("fills__package__product__drug")
        .order_by("id")
    )


def bags_waiting(actor: Actor, *, most: int = 50) -> list[Bag]:
    """Bags in their bins, longest waiting first."""
    rows = Bag.objects.filter(site_id=actor.site_id, state=Bag.State.WAITING).select_related("patient")
    return list(rows.prefetch_related("fills").order_by("since", "id")[:most])


def due_for_return(actor: Actor, *, on: date, most: int = 100) -> list[Fill]:
    """Fills that waited in the bin so long that they go back to stock, longest first."""
    first = on - timedelta(days=returns.will_call().days_in_bin - 1)
    before = begin_of(first, actor.zone)
    return _due_for_return(most)(site=actor.site_id, before=before)


@cache
def _due_for_return(most: int) -> Question[Fill]:
    return Question(
        lambda site, before: (
            _fills(site)
            .filter(state=State.BIN, since__lt=before)
            .exclude(state__in=_CLOSED)
            .exclude(bag__state=Bag.State.OUT)
            .order_by("since")[:most]
        ),
        site=BigIntegerField(),
        before=DateTimeField(),
    )


def vial_of(fill: Fill) -> str:
    """The house number of the vial that a returned fill became."""
    return stock.vial_made_from(fill.site_id, fill.number)


def pick_up(actor: Actor, code: str) -> PickUp:
    """A pick-up by code; Refused where this site has none such."""
    found = _PICK_UP.first(site=actor.site_id, code=code)
    if found is None:
        raise Refused("no_pick_up", "There is no such pick-up here.")
    return found


_AT_THE_COUNTER = Question(
    lambda site: (
        PickUp.objects.select_related("patient").filter(site=site, state=PickUp.State.OPEN).order_by("started_at")
    ),
    site=BigIntegerField(),
)


def pick_ups_open(actor: Actor) -> list[PickUp]:
    """Pick-ups that are at the counter now."""
    return _AT_THE_COUNTER(site=actor.site_id)


def bags_in(pick_up: PickUp) -> list[Bag]:
    """The bags scanned so far in a pick-up."""
    return list(pick_up.bags.prefetch_related("fills__package__product__drug").order_by("id"))


def stopped(actor: Actor) -> dict[str, tuple[int, str]]:
    """By code, how often it was stopped at this site and what was said the last time: scans that did not pass, acts that were refused."""
    found: dict[str, tuple[int, str]] = {}
    rows = AuditEntry.objects.filter(site_id=actor.site_id, verb__in=["act.refused", "fill.scan_stopped"])
    for after, why in rows.order_by("id").values_list("after", "why").iterator():
        code = str((after or {}).get("code", ""))
        found[code] = (found.get(code, (0, ""))[0] + 1, why)
    return found


def unsound() -> list[str]:
    """A sentence for each fill that breaks what must always hold; over all sites."""
    found = []
    sold = Fill.objects.filter(state=State.SOLD)
    for f in sold.exclude(steps__move="verify").only("number"):
        found.append(f"fill {f.number} was sold and has no step of a final check")
    for f in sold.exclude(steps__move="clear_review").exclude(kind=Fill.Kind.COMPLETION).only("number"):
        found.append(f"fill {f.number} was sold and has no step of a clinical review")
    for f in Fill.objects.filter(verified_by_id__isnull=False).only("number", "filled_by_id", "verified_by_id"):
        if f.filled_by_id == f.verified_by_id:
            found.append(f"fill {f.number} was filled and checked by the same person")
    latest = FillStep.objects.order_by("fill_id", "-id").values_list("fill_id", "to_state")
    last: dict[int, str] = {}
    for fill_id, to in latest.iterator():
        last.setdefault(fill_id, to)
    for f in Fill.objects.exclude(state=State.RECEIVED).only("number", "state"):
        if (
            last.get(f.pk, f.state if f.kind == Fill.Kind.COMPLETION and f.state == State.READY_TO_FILL else None)
            != f.state
        ):
            found.append(f"fill {f.number} says {f.state}, its steps say {last.get(f.pk, 'nothing')}")
    return found


def untold() -> Iterator[str]:
    """A sentence for each step since the last seal that the audit trail does not tell; what is sealed is told by its seal. Over all sites."""
    latest = AuditSeal.objects.filter(site=OuterRef("fill__site")).order_by("-id").values("at")[:1]
    steps = FillStep.objects.annotate(sealed_at=Subquery(latest)).filter(Q(sealed_at=None) | Q(at__gt=F("sealed_at")))
    found = list(steps.order_by("id").values_list("fill__code", "fill__number", "move", "at"))
    for start in range(0, len(found), 500):
        some = found[start : start + 500]
        rows = AuditEntry.objects.filter(on_code__in={str(code) for code, *_ in some})
        told = set(rows.values_list("on_code", "verb", "at"))
        for code, number, name, at in some:
            if (str(code), f"fill.{name}", at) not in told:
                when = f"{at:%b %d, %Y %H:%M:%S} UTC"
                yield f"fill {number}: its step {name} of {when} is not in the audit trail; entries were changed or removed"
