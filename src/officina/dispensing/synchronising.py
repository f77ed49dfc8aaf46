"""A patient's medicines beside each other, and how each of them comes to one date. Read only; the services start the fills."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from officina.base.access import Actor
from officina.dispensing import refillable
from officina.dispensing.models import CommonDate as CommonDate
from officina.dispensing.refillable import Asked
from officina.dispensing.rules import refilling, synchronising
from officina.dispensing.rules.synchronising import Used, Way
from officina.drugs.models import Package
from officina.kernel.errors import Refused
from officina.patients import queries as patients
from officina.patients.models import Patient
from officina.prescriptions import queries as prescriptions
from officina.prescriptions import supply
from officina.prescriptions.models import Prescription


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One medicine on its way to the date."""

    asked: Asked
    days_left: int | None
    """From today; 0 where it has run out, None where nobody can tell."""
    obstacle: Refused | None = None
    """Why it cannot be brought to the date."""
    way: Way | None = None
    quantity: Decimal | None = None
    """Of the first fill."""
    working: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refusal: Refused | None = None
    """Why that fill cannot be started today."""

    @property
    def rx(self) -> Prescription:
        assert self.asked.prescription is not None
        return self.asked.prescription

    @property
    def is_there(self) -> bool:
        """It falls due on the date already."""
        return self.way is not None and not self.way.need

    @property
    def is_out(self) -> bool:
        """It goes its own way; what is being filled is on its way."""
        return self.obstacle is not None and self.obstacle.code != "under_way"

    @property
    def can_start(self) -> bool:
        return self.quantity is not None and self.refusal is None and self.obstacle is None

    @property
    def can_be_early(self) -> bool:
        """Only the time is wrong: a pharmacist may pass that."""
        return self.quantity is not None and self.refusal is not None and self.refusal.code == "too_soon"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All medicines of a patient that have not ended, and the date that is proposed or was chosen."""

    on: date
    proposed: date | None
    """None where nothing can be brought to a date."""
    anchor: date | None
    agreed: CommonDate | None
    """What the patient agreed to, where that day is still to come."""
    lines: tuple[Line, ...]


def plan(actor: Actor, patient: Patient, *, on: date, anchor: date | None = None) -> Plan:
    """How each medicine comes to the date: the one given, else the one agreed to, else the day on which the last runs out. Four statements."""
    rows = prescriptions.prescriptions(actor).filter(
        patient__in=patients.records_of(patient.pk), is_active=True, drug__isnull=False
    )
    found = refillable.of_rows(actor, list(rows.order_by("-received_at", "-id")[: refillable.MOST]), on=on)
    agreed = agreed_date(actor, patient, on=on)
    stands = {id(asked): _obstacle(asked, on=on) for asked in found}
    free = [a.standing for a in found if a.standing is not None and stands[id(a)] is None]
    proposed = synchronising.propose((s.runs_out_on for s in free if s.runs_out_on is not None), on=on)
    anchor = anchor or (agreed.on if agreed else proposed)
    lines = [line(asked, stands[id(asked)], on=on, anchor=anchor) for asked in found]
    # What is to be done stands first, what cannot be done last.
    lines.sort(key=lambda one: (one.is_out, one.quantity is None, one.days_left or 0))
    return Plan(on=on, proposed=proposed, anchor=anchor, agreed=agreed, lines=tuple(lines))


def agreed_date(actor: Actor, patient: Patient, *, on: date) -> CommonDate | None:
    """The last date that the patient agreed to, while it is still to come. One statement."""
    rows = CommonDate.objects.filter(site_id=actor.site_id, patient__in=patients.records(patient.pk), on__gt=on)
    return rows.order_by("-id").first()


def common_date(actor: Actor, code: str) -> CommonDate:
    """A date by code; Refused where this site has none such."""
    found = CommonDate.objects.select_related("patient").filter(site_id=actor.site_id, code=code).first()
    if found is None:
        raise Refused("no_date", "There is no such date here.")
    return found


def one(
    prescription: Prescription, standing: refilling.Standing, package: Package | None, *, on: date, anchor: date
) -> Line:
    """The line of one prescription whose standing and package were read already. No statement."""
    asked = Asked(prescription.number, prescription, standing, refilling.refusal(standing, on=on))
    return line(asked, _stands_in_the_way(asked, package, on=on), on=on, anchor=anchor, package=package)


def line(
    asked: Asked, obstacle: Refused | None, *, on: date, anchor: date | None, package: Package | None = None
) -> Line:
    """What one medicine needs to come to the date, with the working. No statement."""
    standing, rx = asked.standing, asked.prescription
    assert standing is not None
    assert rx is not None
    left = None if standing.runs_out_on is None else max((standing.runs_out_on - on).days, 0)
    if obstacle is not None or anchor is None or standing.runs_out_on is None or not rx.days_supply:
        return Line(asked=asked, days_left=left, obstacle=obstacle)
    found = synchronising.way(standing.runs_out_on, rx.days_supply, on=on, anchor=anchor)
    if isinstance(found, Refused):
        return Line(asked=asked, days_left=left, obstacle=found)
    working = synchronising.steps(found, anchor=anchor, whole_days=rx.days_supply)
    if not found.need:
        return Line(asked=asked, days_left=left, way=found, working=working)
    quantity, told = _quantity(rx, package or package_of(asked), found)
    if quantity is None:
        no = Refused("not_counted", told[-1])
        return Line(asked=asked, days_left=left, obstacle=no, way=found, working=working)
    return Line(
        asked=asked,
        days_left=left,
        way=found,
        quantity=quantity,
        working=(*working, *told),
        notes=synchronising.notes(standing, found, quantity, anchor=anchor),
        refusal=asked.refusal or _too_much(standing, quantity),
    )


def _quantity(rx: Prescription, package: Package | None, found: Way) -> tuple[Decimal | None, tuple[str, ...]]:
    """How much of it the first fill holds, with the working; None with the reason where that cannot be counted."""
    assert rx.drug is not None
    if not found.is_short:
        return rx.quantity, ()
    quantity, told = supply.needed(rx.drug, package, days=found.days, directions=rx.directions)
    return quantity, told.working if quantity is not None else (told.why_not,)


def _too_much(standing: refilling.Standing, quantity: Decimal) -> Refused | None:
    try:
        refilling.refuse_quantity(standing, quantity)
    except Refused as no:
        return no
    return None


def package_of(asked: Asked) -> Package | None:
    """The package that was dispensed last."""
    return asked.fills[-1].package if asked.fills else None


def _obstacle(asked: Asked, *, on: date) -> Refused | None:
    return _stands_in_the_way(asked, package_of(asked), on=on)


def _stands_in_the_way(asked: Asked, package: Package | None, *, on: date) -> Refused | None:
    """Why it can be brought to no date."""
    assert asked.standing is not None
    assert asked.prescription is not None
    # Judged before the directions are read: under way, used up and ended are plainer answers.
    if asked.refusal is not None and asked.refusal.code != "too_soon":
        return (
            asked.refusal
            if asked.standing.schedule in {0, 3, 4, 5}
            else synchronising.obstacle(asked.standing, _PLAIN, on=on)
        )
    return synchronising.obstacle(asked.standing, used(asked.prescription, package), on=on)


_PLAIN = Used(
    unit="", route="", form="", unit_of_use=False, is_packaged=False, as_needed=False, ends=False, not_read="", days_differ=""
)  # fmt: skip


def used(rx: Prescription, package: Package | None) -> Used:
    """What is dispensed and how it is used, from the order and the package of its last fill."""
    assert rx.drug is not None
    quantity = rx.quantity or Decimal(0)
    habit = supply.habit(rx.drug, package, quantity=quantity, directions=rx.directions)
    told = supply.worked(rx.drug, package, quantity=quantity, directions=rx.directions)
    missing = "" if rx.days_supply else "Its days' supply was not entered."
    return Used(
        unit=rx.drug.unit,
        route=rx.drug.route,
        form=f"{rx.drug.form} {rx.drug.generic_name}",
        unit_of_use=package is None or package.unit_of_use,
        is_packaged=habit.is_packaged,
        as_needed=habit.as_needed,
        ends=habit.ends,
        not_read=habit.why_not or told.why_not or missing,
        days_differ=supply.differs(told, rx.days_supply),
    )
