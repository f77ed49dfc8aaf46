"""Which prescriptions may be filled again, as somebody asks for them: by number, by the label of the last fill, or all of a patient's."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q

from officina.base.access import Actor
from officina.dispensing.models import Fill
from officina.dispensing.rules import refilling
from officina.dispensing.rules.machine import State
from officina.dispensing.rules.refilling import Standing
from officina.kernel.clock import day_of
from officina.kernel.errors import ParseError, Refused
from officina.kernel.ids.numbers import HouseNumber
from officina.law.too_soon import Supply, carried
from officina.patients import queries as patients
from officina.prescriptions import queries as prescriptions
from officina.prescriptions.models import Prescription

MOST = 40
"""Numbers that are looked up at once: a page of a telephone list."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One number that was asked for, and what can be said to it."""

    typed: str
    prescription: Prescription | None = None
    standing: Standing | None = None
    refusal: Refused | None = None
    fills: tuple[Fill, ...] = ()
    """Its fills, first to last."""

    @property
    def can_be_early(self) -> bool:
        """Only the time is wrong: a pharmacist may pass that."""
        return self.refusal is not None and self.refusal.code == "too_soon"

    @property
    def why_not(self) -> str:
        """The refusal without the number and the day that stand in the same row."""
        if self.refusal is None or self.prescription is None:
            return self.refusal.sentence if self.refusal else ""
        sentence = self.refusal.sentence.removeprefix(f"Rx {self.prescription.number}: ")
        return f"too soon{sentence.partition(': too soon')[2]}" if self.can_be_early else sentence

    @property
    def last_on(self) -> date | None:
        return self.standing.last_on if self.standing else None


def standing(prescription: Prescription, fills: list[Fill], *, zone: str = "UTC") -> Standing:
    """What a prescription has had so far, from its fills as `fills_of` gives them; `zone` is asked for the day on which it runs out."""
    live = [f for f in fills if f.state not in {State.CANCELLED, State.RETURNED}]
    kinds = {f.pk: f.kind for f in fills}
    # A part that came back while its rest went out is still dispensed in part: its fill is used up.
    used = {f.rest_of_id or f.pk for f in live}
    open_ = [f for f in live if f.state != State.SOLD and f.kind != Fill.Kind.COMPLETION]
    sold = [f for f in live if f.state == State.SOLD and f.kind != Fill.Kind.COMPLETION]
    return Standing(
        number=prescription.number,
        is_active=prescription.is_active,
        is_stopped=prescription.stopped_at is not None,
        is_entered=prescription.drug_id is not None and bool(fills) and fills[0].package_id is not None,
        schedule=prescription.schedule,
        refills=prescription.refills,
        whole=prescription.quantity or Decimal(0),
        taken=sum(
            (f.quantity or Decimal(0) for f in live if kinds.get(f.rest_of_id or f.pk) == Fill.Kind.REFILL), Decimal(0)
        ),
        first_is_due=not any(f.kind == Fill.Kind.FIRST and f.pk in used for f in fills),
        under_way=open_[0].number if open_ else "",
        expires_on=prescription.expires_on,
        last_on=prescription.supply_from if sold else None,
        last_days=sold[-1].days_supply if sold else None,
        runs_out_on=_runs_out_on(prescription, sold, zone),
        package=_whole_package(fills),
    )


def _runs_out_on(prescription: Prescription, sold: list[Fill], zone: str) -> date | None:
    """The day after all that was handed over is used up; a fill that was to bring it to a common date does so."""
    if not sold or prescription.supply_from is None or prescription.supply_until is None:
        return None
    if sold[-1].lasts_until is not None:
        return prescription.supply_until + timedelta(days=1)
    supplies = [Supply(day_of(f.since, zone), f.days_supply) for f in sold if f.days_supply]
    return prescription.supply_until + timedelta(days=1 + carried(supplies))


def _whole_package(fills: list[Fill]) -> Decimal | None:
    package = fills[-1].package if fills else None
    return package.size if package is not None and package.unit_of_use else None


def asked(actor: Actor, text: str, *, on: date) -> list[Asked]:
    """Each number of a text as typed or scanned: a prescription's, or the fill's on the label. Three statements for all."""
    typed = list(dict.fromkeys(text.replace(",", " ").split()))[:MOST]
    read = {one: _read(one) for one in typed}
    of_fills = dict(
        Fill.objects.filter(
            site_id=actor.site_id,
            number__in=[n.text for n in read.values() if isinstance(n, HouseNumber) and n.series == "F"],
        ).values_list("number", "prescription_id")
    )
    numbers = [n.text for n in read.values() if isinstance(n, HouseNumber) and n.series == ""]
    rows = prescriptions.prescriptions(actor).filter(Q(number__in=numbers) | Q(pk__in=of_fills.values()))
    found = {answer.prescription.pk: answer for answer in of_rows(actor, list(rows), on=on) if answer.prescription}
    by_number = {answer.prescription.number: pk for pk, answer in found.items() if answer.prescription}
    told: dict[int | str, Asked] = {}
    for one, number in read.items():
        if isinstance(number, Refused):
            told[one] = Asked(one, refusal=number)
            continue
        pk = of_fills.get(number.text) or by_number.get(number.text)
        answer = found.get(pk) if pk else None
        told[pk or one] = answer or Asked(
            one, refusal=Refused("no_prescription", f"There is no number {number.text} here.")
        )
    return list(told.values())


def of_patient(actor: Actor, person_id: int, *, on: date) -> list[Asked]:
    """A patient's prescriptions that were dispensed here and have not ended, newest first. Two statements."""
    rows = prescriptions.prescriptions(actor).filter(
        patient__in=patients.records_of(person_id), is_active=True, supply_from__isnull=False
    )
    return of_rows(actor, list(rows.order_by("-received_at", "-id")[:MOST]), on=on)


def one(row: Prescription, fills: list[Fill], *, on: date, zone: str = "UTC") -> Asked:
    """The same for a prescription whose fills are read already. No statement."""
    is_standing = standing(row, fills, zone=zone)
    return Asked(row.number, row, is_standing, refilling.refusal(is_standing, on=on), tuple(fills))


def of_rows(actor: Actor, rows: list[Prescription], *, on: date) -> list[Asked]:
    """The same for prescriptions that are read already. One statement."""
    fills: dict[int, list[Fill]] = {}
    for fill in Fill.objects.filter(prescription__in=rows).select_related("package__product").order_by("fill_no"):
        fills.setdefault(fill.prescription_id, []).append(fill)
    return [one(row, fills.get(row.pk, []), on=on, zone=actor.zone) for row in rows]


def _read(typed: str) -> HouseNumber | Refused:
    try:
        number = HouseNumber.parse(typed)
    except ParseError as problem:
        return Refused("unreadable", f"“{typed}” is no number of this pharmacy: expected {problem.expected}.")
    if number.series not in {"", "F"}:
        return Refused("not_a_prescription", f"{number.text} is not the number of a prescription or of a label.")
    return number
