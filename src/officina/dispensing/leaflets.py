"""What goes into the bag beside the medicine: Medication Guides and patient package inserts, as federal law asks of each fill and refill."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from officina.dispensing.models import Fill
from officina.drugs.models import Drug, Ingredient
from officina.law import handover
from officina.law.handover import Medicine


def of(fills: Iterable[Fill], *, on: date) -> dict[int, tuple[str, ...]]:
    """By primary key of the fill, what goes along, in words: 'Medication Guide (opioids)'. One statement."""
    drugs = {f.pk: drug.pk for f in fills if (drug := f.package.product.drug if f.package else f.prescription.drug)}
    if not drugs:
        return {}
    within: dict[int, list[Ingredient]] = defaultdict(list)
    for link in Drug.ingredients.through.objects.filter(drug__in=set(drugs.values())).select_related("ingredient"):
        within[link.drug_id].append(link.ingredient)
    return {pk: _words(within[drug], on=on) for pk, drug in drugs.items()}


def _words(ingredients: Iterable[Ingredient], *, on: date) -> tuple[str, ...]:
    found = list(ingredients)
    medicine = Medicine(
        ingredients=tuple({word.lower() for i in found for word in (i.key, i.name)}),
        classes=tuple(sorted({c for i in found for c in i.classes})),
    )
    # One of a kind: the row that names the medicine itself tells more than that of its class.
    rows = sorted(
        handover.leaflets(medicine, on=on), key=lambda one: not {*medicine.ingredients} & {*one[1].ingredients}
    )
    named: dict[str, str] = {}
    for kind, row in rows:
        named.setdefault(kind, row.words)
    return tuple(f"{kind} ({words})" for kind, words in named.items())
