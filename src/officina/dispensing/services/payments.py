"""Money: what is taken at a hand-over or on a house account, the drawer opened and closed, and a wrong kind put right."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import BigIntegerField, CharField, Sum

from officina.base import audit
from officina.base.access import Actor
from officina.base.command import command
from officina.base.rows import Question, append, keep
from officina.dispensing import acts, takings
from officina.dispensing.models import DrawerCount, Payment, PickUp
from officina.dispensing.rules.payments import KINDS, Part, Tender, settle
from officina.kernel.errors import Refused
from officina.kernel.quantity import to_cents
from officina.patients import person
from officina.patients.models import Patient

TAKEN = audit.verb("payment.taken", "took a payment")
PAID_OFF = audit.verb("payment.on_account", "took a payment on the house account")
CORRECTED = audit.verb("payment.corrected", "corrected how a payment was made")
OPENED = audit.verb("drawer.opened", "opened the drawer")
CLOSED = audit.verb("drawer.closed", "closed the drawer")

_LAST_COUNT = Question(
    lambda site, station: (
        DrawerCount.objects.select_for_update(no_key=True).filter(site=site, station=station).order_by("-number")[:1]
    ),
    site=BigIntegerField(),
    station=CharField(),
)
MOST = Decimal(1_000_000)


def pay(actor: Actor, pick_up: PickUp, *, due: Decimal, tenders: Sequence[Tender], at: datetime) -> tuple[Payment, ...]:
    """Write down how a hand-over is paid, inside its command: one row a kind. Two statements, and one more a part."""
    parts = settle(due, tenders)
    if not parts:
        return ()
    drawer = _open_drawer(actor)
    made = tuple(
        append(_payment(actor, part, Payment.Purpose.PICK_UP, pick_up.patient_id, drawer, at=at, pick_up=pick_up))
        for part in parts
    )
    told = {p.kind: str(p.amount) for p in made}
    audit.record(actor, TAKEN, at=at, on=pick_up, after=told)
    return made


def in_words(made: Sequence[Payment]) -> str:
    """'cash', 'cash + card': as a pick-up keeps it; nothing where nothing was due."""
    return " + ".join(p.kind for p in made)


def _payment(
    actor: Actor,
    part: Part,
    purpose: str,
    patient_id: int,
    drawer: DrawerCount | None,
    *,
    at: datetime,
    pick_up: PickUp | None = None,
) -> Payment:
    return Payment(
        site_id=actor.site_id,
        at=at,
        day=actor.day(at),
        purpose=purpose,
        kind=part.kind,
        patient_id=patient_id,
        pick_up=pick_up,
        amount=part.amount,
        given=part.given,
        drawer=drawer,
        station=actor.station,
        user_id=actor.user_id,
        user_name=actor.name,
    )


def _open_drawer(actor: Actor) -> DrawerCount | None:
    """The opening of this station's drawer, if it is open, kept from being closed until the transaction ends."""
    last = _LAST_COUNT.first(site=actor.site_id, station=actor.station)
    if last is None or last.what != DrawerCount.What.OPENING:
        return None
    # Whoever closed it while we waited for it added a row, and left this one as it was.
    return None if DrawerCount.objects.filter(opening=last).exists() else last


@command
def pay_account(
    actor: Actor, *, patient: Patient, kind: str, amount: Decimal, at: datetime, given: Decimal | None = None
) -> Payment:
    """Take a payment on a patient's house account: never more than is owed on it."""
    actor.must(acts.TAKE_MONEY, at=at, site_id=patient.site_id)
    if kind == Payment.Kind.ACCOUNT:
        raise Refused("account_by_account", "An account is not paid from itself.", {"kind": "Choose another"})
    person.hold_one(patient)
    owed = takings.balance(actor, patient.pk)
    if amount > owed:
        raise Refused("more_than_owed", f"${owed:.2f} is owed on this account.", {"amount": "More than is owed"})
    if amount <= 0:
        raise Refused("nothing_due", "A payment is at least a cent.", {"amount": "Needed"})
    if amount != to_cents(amount):
        raise Refused("finer_than_cent", "A payment is in whole cents.", {"amount": "Whole cents"})
    (part,) = settle(amount, [Tender(kind=kind, given=given)])
    made = append(_payment(actor, part, Payment.Purpose.ACCOUNT, patient.pk, _open_drawer(actor), at=at))
    audit.record(actor, PAID_OFF, at=at, on=patient, after={made.kind: str(made.amount)})
    return made


@command
def correct(actor: Actor, *, payment: Payment, kind: str, why: str, at: datetime) -> Payment:
    """A payment was written down as the wrong kind: take it back by a row of its own and write it as what it was.

    It is counted today, for the person and station that took it; in the drawer only where that is still open, since a closed one was counted.
    """
    actor.must(acts.CORRECT_PAYMENT, at=at, site_id=payment.site_id)
    if not why.strip():
        raise Refused("why_needed", "Say why.", {"why": "Needed"})
    if kind not in KINDS or kind == payment.kind:
        raise Refused("kind_unknown", "Say how it was really paid.", {"kind": "Choose another"})
    if kind == Payment.Kind.ACCOUNT and payment.purpose == Payment.Purpose.ACCOUNT:
        raise Refused("account_by_account", "An account is not paid from itself.", {"kind": "Choose another"})
    if payment.amount <= 0 or Payment.objects.filter(reverses=payment).exists():
        raise Refused("corrected_before", "This payment was corrected already: correct the row that stands.")
    drawer = _still_open(payment.drawer_id)
    _again(actor, payment, payment.kind, -payment.amount, drawer, at=at, why=why, reverses=payment)
    made = _again(actor, payment, kind, payment.amount, drawer, at=at, why=why)
    if payment.pick_up is not None:
        payment.pick_up.paid_by = in_words(takings.standing(payment.pick_up))[:20]
        keep(payment.pick_up, "paid_by")
    audit.record(
        actor, CORRECTED, at=at, on=payment, why=why, before={payment.kind: str(payment.amount)}, after={kind: str(made.amount)}
    )  # fmt: skip
    return made


def _again(
    actor: Actor,
    payment: Payment,
    kind: str,
    amount: Decimal,
    drawer: DrawerCount | None,
    *,
    at: datetime,
    why: str,
    reverses: Payment | None = None,
) -> Payment:
    made = _payment(
        actor,
        Part(kind=kind, amount=amount, given=None),
        payment.purpose,
        payment.patient_id,
        drawer,
        at=at,
        pick_up=payment.pick_up,
    )
    made.station, made.user_id, made.user_name = payment.station, payment.user_id, payment.user_name
    made.why, made.reverses = why.strip()[:300], reverses
    return append(made)


def _still_open(drawer_id: int | None) -> DrawerCount | None:
    if drawer_id is None:
        return None
    opening = DrawerCount.objects.select_for_update(no_key=True).get(pk=drawer_id)
    return None if DrawerCount.objects.filter(opening=opening).exists() else opening


@command
def open_drawer(actor: Actor, *, counted: Decimal, at: datetime, note: str = "") -> DrawerCount:
    """Count the cash in this station's drawer before the first payment."""
    actor.must(acts.TAKE_MONEY, at=at)
    last = _LAST_COUNT.first(site=actor.site_id, station=actor.station)
    if last is not None and last.what == DrawerCount.What.OPENING:
        raise Refused("drawer_open", f"The drawer here is open since {last.user_name} counted it. Close it first.")
    made = append(_count(actor, last, DrawerCount.What.OPENING, counted, note, at=at))
    audit.record(actor, OPENED, at=at, on=made, after={"counted": str(counted), "station": actor.station})
    return made


@command
def close_drawer(actor: Actor, *, counted: Decimal, at: datetime, note: str = "") -> DrawerCount:
    """Count the cash in this station's drawer at the end: what it should hold, and the difference, stand beside it for good."""
    actor.must(acts.TAKE_MONEY, at=at)
    last = _LAST_COUNT.first(site=actor.site_id, station=actor.station)
    if last is None or last.what != DrawerCount.What.OPENING:
        raise Refused("drawer_closed", "The drawer of this station is not open. Open it with a count first.")
    taken = {kind: total or Decimal(0) for kind, total in _taken(last)}
    made = _count(actor, last, DrawerCount.What.CLOSING, counted, note, at=at)
    made.expected = last.counted + taken.get(Payment.Kind.CASH, Decimal(0))
    made.opening, made.totals = last, {kind: f"{taken[kind]:.2f}" for kind in KINDS if kind in taken}
    append(made)
    audit.record(
        actor, CLOSED, at=at, on=made, why=note, before={"expected": str(made.expected)}, after={"counted": str(counted), "station": actor.station}
    )  # fmt: skip
    return made


def _taken(opening: DrawerCount) -> list[tuple[str, Decimal | None]]:
    rows = Payment.objects.filter(drawer=opening).order_by("kind").values_list("kind")
    return list(rows.annotate(total=Sum("amount")))


def _count(
    actor: Actor, last: DrawerCount | None, what: str, counted: Decimal, note: str, *, at: datetime
) -> DrawerCount:
    if not 0 <= counted < MOST or counted != to_cents(counted):
        raise Refused("count_wrong", "Count the drawer to the cent.", {"counted": "Dollars and cents"})
    return DrawerCount(
        site_id=actor.site_id,
        station=actor.station,
        number=(last.number if last else 0) + 1,
        what=what,
        at=at,
        day=actor.day(at),
        counted=counted,
        note=note.strip()[:300],
        user_id=actor.user_id,
        user_name=actor.name,
    )
