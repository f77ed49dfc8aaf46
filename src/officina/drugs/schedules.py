"""The schedule of a drug: as its products are listed, and as the lists of schedules that were brought in have it."""

from collections import Counter, defaultdict
from datetime import date

from django.db.models import CharField, Count, DateField, Q

from officina.base.rows import Question
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
    """
    controlled = Product.objects.filter(schedule__gt=0, ended_on=None).exclude(listing=None).values("drug_id")
    rows = Product.objects.filter(Q(drug_id__in=controlled) | Q(drug__schedule__gt=0), ended_on=None)
    counted = rows.exclude(listing=None).values_list("drug_id", "excluded", "schedule").annotate(Count("pk"))
    listings: defaultdict[int, tuple[Counter[int], Counter[int]]] = defaultdict(lambda: (Counter(), Counter()))
    for drug_id, excluded, schedule, count in counted:
        listings[drug_id][excluded][schedule] += count
    changed: defaultdict[int, list[int]] = defaultdict(list)
    for chunk in in_chunks(sorted(listings)):
        for drug_id, now, is_house in Drug.objects.filter(pk__in=chunk).values_list("pk", "schedule", "is_house"):
            certified, excluded_ones = listings[drug_id]
            told = schedules.of_listings(certified or excluded_ones)
            right = schedules.strictest(now, told) if is_house else told
            if right != now:
                changed[right].append(drug_id)
    for right, drugs in changed.items():
        for chunk in in_chunks(drugs):
            Drug.objects.filter(pk__in=chunk).update(schedule=right)
    return sum(map(len, changed.values()))


def of_lists(drug: Drug, *, on: date, state: str) -> int:
    """The strictest schedule in which a list that was brought in holds this drug on a day, federally or in the state; 0 where none does.

    One statement where there is no list, at most three.
    """
    rows = _IN_FORCE(state=state, on=on)
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
