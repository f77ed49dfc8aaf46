"""The clinical drugs and substances behind the products of a directory, while it is brought in."""

from officina.drugs.bulk import Table
from officina.drugs.joining import Claims, Joined, join
from officina.drugs.models import Drug, DrugSubstance, Ingredient, Substance
from officina.drugs.rules.clinical import Clinical, base_keys
from officina.drugs.sources.fda_ndc import ProductRow


class Drugs:
    """Clinical drugs and their substances, found by key or put down new."""

    def __init__(self) -> None:
        self._drugs = dict(Drug.objects.exclude(key=None).values_list("key", "pk"))
        self._stood = set(self._drugs.values())
        self._of_house = set(Drug.objects.filter(is_house=True).values_list("pk", flat=True))
        self._claims = Claims()
        self._substances = dict(Substance.objects.values_list("name", "pk"))
        self._bases = dict(Substance.objects.exclude(ingredient=None).values_list("name", "ingredient_id"))
        self._ingredients = dict(Ingredient.objects.values_list("key", "pk"))
        self._drug = Table(
            Drug, ["key", "generic_name", "strength", "form", "route", "schedule", "unit", "rxcui", "is_house"]
        )
        self._substance = Table(Substance, ["name", "ingredient"])
        self._part = Table(DrugSubstance, ["drug", "substance", "place", "number", "unit"])
        self._link = Table(Drug.ingredients.through, ["drug", "ingredient"])
        self._composed = set(DrugSubstance.objects.filter(drug__is_house=True).values_list("drug_id", flat=True))

    def of(self, row: ProductRow, clinical: Clinical) -> int:
        """The key of a product's clinical drug."""
        known = self._drugs.get(clinical.key)
        if known is None:
            known = self._drugs[clinical.key] = self._drug.insert(
                clinical.key,
                clinical.name,
                clinical.strength,
                clinical.form,
                clinical.route,
                row.schedule,
                clinical.unit,
                "",
                False,
            )
            self._compose(known, row)
        return known

    def is_open(self, drug_id: int | None) -> bool:
        """Whether it is a drug of the house that may turn out to be one of the directory's."""
        return self._claims.is_open(drug_id)

    def hear(self, drug_id: int, clinical: Clinical, row: ProductRow) -> None:
        """A product of the house stands in the directory: its drug may be the directory's of that key."""
        self._claims.hear(drug_id, clinical, [(s.substance, s.number, s.unit) for s in row.strengths])
        if drug_id not in self._composed:
            # Without its substances no approval could be told for a drug of the house.
            self._composed.add(drug_id)
            self._compose(drug_id, row, is_house=True)

    def close(self) -> None:
        """Write substances before what points to them."""
        for table in (self._substance, self._drug, self._part, self._link):
            table.close()

    def settle(self) -> list[Joined]:
        """What is one drug for certain becomes one row, the house's, so that all its products come together. After all is written."""
        found = {
            key: ours for key, ours in self._claims.settled().items() if self._drugs.get(key) not in self._of_house
        }
        pairs = {self._drugs[key]: ours for key, ours in found.items() if key in self._drugs}
        joined = join(pairs, stood=self._stood)
        for key, ours in found.items():
            Drug.objects.filter(pk=ours).update(key=key)
        return joined

    def _compose(self, drug_id: int, row: ProductRow, *, is_house: bool = False) -> None:
        for place, part in enumerate(row.strengths):
            self._part.insert(drug_id, self._substance_of(part.substance), place, part.number, part.unit)
        bases = {self._bases.get(part.substance) for part in row.strengths}
        if is_house or not bases or None in bases:
            # A drug of which one ingredient is not known for certain is screened as unknown, never as harmless.
            return
        for ingredient_id in bases:
            self._link.insert(drug_id, ingredient_id)

    def _substance_of(self, name: str) -> int:
        known = self._substances.get(name)
        if known is None:
            base = next((self._ingredients[k] for k in base_keys(name) if k in self._ingredients), None)
            known = self._substances[name] = self._substance.insert(name, base)
            if base is not None:
                self._bases[name] = base
        return known
