"""The schedule of a drug: as its products are listed, and as the lists of schedules that were brought in have it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date

from django.db.models import CharField, Count, DateField, Q

from officina.base.rows import Question
from officina.drugs import bulk
from officina.drugs.bulk import in_chunks
from officina.drugs.models import Drug, DrugSubstance, Product, SubstanceSchedule
from officina.drugs.rules import schedules
from officina.drugs.rules.clinical import base_keys

US = "US"
_IN_FORCE = Question(
    lambda state, on: SubstanceSchedule.objects.filter(
        Q(jurisdiction=US) | Q(jurisdiction=state), Q(starts_on=None) | Q(starts_on__lte=on), ended_on=None
    ).order_by("pk"),
    state=CharField(),
    on=DateField(),
)


def settle() -> int:
    """Give every drug the schedule that its listed products bear out; gives how many have another one now. In the running transaction.

    Which product of a drug is read first says nothing, and an edition may reschedule. What the house entered is only made stricter.
    A strength or form of which no labeler tells a schedule has that of its other strengths and forms: the only maker of pregabalin
    solution leaves it out.
    """
    bulk.count_anew(Product, Drug)
    listed = Product.objects.filter(ended_on=None).exclude(listing=None)
    names = set(listed.filter(schedule__gt=0).values_list("drug__generic_name", flat=True).distinct())
    names |= set(Drug.objects.filter(schedule__gt=0).values_list("generic_name", flat=True).distinct())
    listings: defaultdict[int | str, tuple[Counter[int], Counter[int]]] = defaultdict(lambda: (Counter(), Counter()))
    seen: set[int] = set()
    # Asked by name in portions: as many as a statement may name on every database.
    for portion in in_chunks(sorted(names)):
        rows = listed.filter(drug__generic_name__in=portion)
        counted = rows.values_list("drug_id", "drug__generic_name", "excluded", "schedule").annotate(Count("pk"))
        for drug_id, name, excluded, schedule, count in counted:
            seen.add(drug_id)
            for key in (drug_id, name):
                listings[key][excluded][schedule] += count
    changed: defaultdict[int, list[int]] = defaultdict(list)
    for chunk in in_chunks(sorted(seen)):
        found = Drug.objects.filter(pk__in=chunk).values_list("pk", "generic_name", "schedule", "is_house")
        for drug_id, name, now, is_house in found:
            told = _told(*listings[drug_id]) or _told(*listings[name])
            right = schedules.strictest(now, told) if is_house else told
            if right != now:
                changed[right].append(drug_id)
    for right, drugs in changed.items():
        for chunk in in_chunks(drugs):
            Drug.objects.filter(pk__in=chunk).update(schedule=right)
    return sum(map(len, changed.values()))


def _told(certified: Counter[int], excluded: Counter[int]) -> int:
    return schedules.of_listings(certified or excluded)


def lists_in_force(*, on: date, state: str) -> list[SubstanceSchedule]:
    """What the lists that were brought in hold on a day, federally and in the state; asked once for several drugs. One statement."""
    return _IN_FORCE(state=state, on=on)


def of_lists(drug: Drug, *, on: date, state: str, held: Sequence[SubstanceSchedule] | None = None) -> int:
    """The strictest schedule in which a list that was brought in holds this drug on a day, federally or in the state; 0 where none does.

    One statement where there is no list, at most three; none and two where `held` is what the lists hold on that day.
    """
    rows = list(lists_in_force(on=on, state=state) if held is None else held)
    if not rows:
        return 0
    # A later day takes over from an earlier one: a substance may be moved to another schedule.
    rows.sort(key=lambda row: row.starts_on or date.min)
    in_force = {(row.jurisdiction, row.substance, row.forms): row for row in rows}
    bases = bases_of(drug)
    found = [r for r in in_force.values() if schedules.is_of(r.substance, r.forms, bases=bases, form=drug.form)]
    return schedules.strictest(*(row.schedule for row in found))


def bases_of(drug: Drug) -> frozenset[str]:
    """The base names of its substances; where the directory told none, the ingredients that the house gave it. At most two statements."""
    listed = DrugSubstance.objects.filter(drug=drug).values_list("substance__name", flat=True)
    found = frozenset(base_keys(name)[-1] for name in listed)
    return found or frozenset(drug.ingredients.values_list("key", flat=True))
