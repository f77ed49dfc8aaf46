"""One clinical drug, one row: the directory's row of a drug that the house has by words of its own goes into the house's.

The house's row stays, with its words, unit and ingredients: stock, screening and labels hang on it. Products come under it with their
packages and prices, which hang on products and keep their keys. An order that points to the row that goes is pointed to the one that
stays, since it would name a medicine of which nothing can be dispensed; how it was written is kept with it and is not touched.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from officina.drugs.bulk import in_chunks
from officina.drugs.models import Drug, DrugSubstance, Package, Product
from officina.drugs.rules.clinical import Clinical
from officina.drugs.rules.sameness import Words, says_the_same


class Claims:
    """Which drugs of the house the directory's rows turn out to be. Heard of while a file is read, settled when all of it is known."""

    def __init__(self) -> None:
        links = Drug.ingredients.through.objects.filter(drug__is_house=True, drug__key=None)
        of: defaultdict[int, set[str]] = defaultdict(set)
        for drug_id, key in links.values_list("drug_id", "ingredient__key"):
            of[drug_id].add(key)
        self._words = {
            pk: Words(name, strength, form, frozenset(of[pk]))
            for pk, name, strength, form in Drug.objects.filter(is_house=True, key=None).values_list(
                "pk", "generic_name", "strength", "form"
            )
        }
        self._claimed: defaultdict[str, set[int]] = defaultdict(set)
        self._certain: defaultdict[int, list[str]] = defaultdict(list)

    def is_open(self, drug_id: int | None) -> bool:
        """Whether it is a drug of the house that is no row of the directory yet."""
        return drug_id in self._words

    def hear(self, drug_id: int, clinical: Clinical, parts: Sequence[tuple[str, str, str]]) -> None:
        """The directory lists a product of this drug of the house under that key."""
        house = self._words.get(drug_id)
        if house is None:
            return
        self._claimed[clinical.key].add(drug_id)
        if says_the_same(house, parts, form=clinical.form, route=clinical.route):
            self._certain[drug_id].append(clinical.key)

    def settled(self) -> dict[str, int]:
        """Key and drug of the house, where it is certain. A key that two drugs of the house claim is coarser than both: it is neither's.

        Of several keys the one with most of the house's products, so that the order of the file decides nothing.
        """
        found = {}
        for drug_id, keys in self._certain.items():
            own = [key for key in keys if self._claimed[key] == {drug_id}]
            if own:
                found[max(own, key=lambda key: (own.count(key), key))] = drug_id
        return found


@dataclass(frozen=True, slots=True)
class Joined:
    """A row of the directory that stood beside the house's own before and is one with it now."""

    kept: Drug
    gone: str
    products: int
    pointed: Mapping[str, list[int]] = field(default_factory=dict)
    """What pointed to the row that went, by model, and points to the one that stays."""


def join(pairs: Mapping[int, int], *, stood: set[int]) -> list[Joined]:
    """Let the first of each pair go into the second; gives those of which the first stood before this load. In the running transaction."""
    done = []
    for chunk in in_chunks(sorted(pairs)):
        # Whoever enters an order for a row that goes is waited for: it would point to nothing.
        gone = list(Drug.objects.select_for_update().filter(pk__in=chunk).order_by("pk"))
        kept = Drug.objects.in_bulk([pairs[pk] for pk in chunk])
        for drug in gone:
            into = kept[pairs[drug.pk]]
            if drug.pk in stood:
                _one_product_a_labeler(drug, into)
            products = Product.objects.filter(drug=drug).update(drug=into)
            if drug.pk in stood:
                done.append(Joined(into, str(drug), products, _point_to(into, instead_of=drug)))
        DrugSubstance.objects.filter(drug__in=chunk).delete()
        Drug.ingredients.through.objects.filter(drug__in=chunk).delete()
        Drug.objects.filter(pk__in=chunk).delete()
    return done


def _one_product_a_labeler(gone: Drug, kept: Drug) -> None:
    """A product that the house has under both rows and no listing tells apart is one: its packages go with the one that stays."""
    for product in Product.objects.filter(drug=gone, listing=None):
        same = Product.objects.filter(
            drug=kept, listing=None, brand_name=product.brand_name, labeler=product.labeler
        ).first()
        if same is not None:
            Package.objects.filter(product=product).update(product=same)
            product.delete()


def _point_to(kept: Drug, *, instead_of: Drug) -> dict[str, list[int]]:
    """Whatever points to a drug from the floors above, whoever that is: none may be left pointing to nothing."""
    pointed = {}
    for link in _links():
        rows = link.model._default_manager.filter(**{link.name: instead_of})
        keys = list(rows.order_by("pk").values_list("pk", flat=True))
        if keys:
            pointed[link.model._meta.label_lower] = keys
            rows.update(**{link.name: kept})
    return pointed


def _links() -> Iterable["models.ForeignKey[Any, Any]"]:
    own = {Product, DrugSubstance, Drug.ingredients.through}
    for relation in Drug._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel) and relation.related_model not in own:
            yield relation.field
