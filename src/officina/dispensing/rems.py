"""Programs of risk (REMS) that hold for a fill: which, what they gave, and whether it may be dispensed now."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from officina.base.access import Actor
from officina.dispensing.models import Fill, RemsAuthorisation
from officina.drugs import queries as drugs
from officina.drugs.models import Drug
from officina.law import rems
from officina.law.rems import Dispensing, Program, Status
from officina.law.ruling import Ruling


@dataclass(frozen=True, slots=True)
class Gate:
    """One program over a fill, with what it gave and what follows."""

    program: Program
    given: RemsAuthorisation | None
    ruling: Ruling


def programs(drug: Drug, *, on: date) -> list[Program]:
    """The programs whose gates hold for a medicine. One statement; a medicine of unknown ingredients is judged by its name."""
    named = re.split(r"[,;/-]| and | with ", drug.generic_name.lower())
    known = [word for i in drugs.ingredients_of(drug.pk) for word in (i.key, i.name)]
    made = f"{drug.strength} {drug.form} {drug.route}".lower()
    found = rems.programs((*known, *(" ".join(n.split()) for n in named)), on=on)
    return [row for row in found if row.status != Status.ENDED and row.is_gate and row.is_of(made)]


def _of_codes(codes: str, *, on: date) -> list[Program]:
    """The programs that were found for a fill, as they stand on this day."""
    return [row for code in codes.split() if (row := rems.program(code, on=on)) is not None]


def holding(fill: Fill, *, on: date) -> list[Program]:
    """The programs over a fill that was reviewed: those found then, and those that began since. One statement."""
    found = _of_codes(fill.rems, on=on)
    known = {row.code for row in found}
    drug = fill.prescription.drug
    return [*found, *(row for row in programs(drug, on=on) if row.code not in known)] if drug else found


def gates(actor: Actor, fill: Fill, found: Sequence[Program], *, on: date) -> list[Gate]:
    """Each program with its latest authorisation for this fill, or for the fill of which it is the rest. One statement where there is one."""
    if not found:
        return []
    ids = [fill.pk, *([fill.rest_of_id] if fill.rest_of_id else [])]
    rows = {r.program: r for r in RemsAuthorisation.objects.filter(fill__in=ids).order_by("id")}
    return [
        Gate(row, given := rows.get(row.code), rems.may_dispense(row, _dispensing(fill, given, on))) for row in found
    ]


def _dispensing(fill: Fill, given: RemsAuthorisation | None, on: date) -> Dispensing:
    return Dispensing(
        on=on,
        number=given.number if given else "",
        days_supply=fill.days_supply if fill.days_supply is not None else fill.prescription.days_supply,
        refills=fill.prescription.refills,
        authorised_on=given.authorised_on if given else None,
        can_become_pregnant=given.can_become_pregnant if given else True,
        not_after=given.not_after if given else None,
    )


def standing(actor: Actor, fill: Fill, *, on: date) -> list[Gate]:
    """The gates of a fill as a page shows them: those that were found for it, and those of its medicine."""
    return gates(actor, fill, holding(fill, on=on), on=on)
