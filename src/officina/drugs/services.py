"""Writing the drug file."""

from datetime import datetime

from officina.base import acts, audit
from officina.base.access import Actor
from officina.base.command import command
from officina.drugs import starter
from officina.drugs.models import Drug, Ingredient, Package, Product
from officina.kernel.ids.ndc import Ndc

LOADED = audit.verb("drugs.loaded", "loaded the drug file")


@command
def load_starter(actor: Actor, *, at: datetime) -> int:
    """Bring the starter list into the drug file; what is there already stays as it is. Gives the number of packages in the list."""
    actor.must(acts.MANAGE_STAFF, at=at)
    rows = starter.packages()
    have = set(Package.objects.values_list("ndc12", flat=True))
    ingredients = _ingredients()
    drugs = {(d.generic_name, d.strength, d.form): d for d in Drug.objects.all()}
    products = {(p.drug_id, p.brand_name, p.labeler): p for p in Product.objects.all()}
    for row in rows:
        key = (row.generic_name, row.strength, row.form)
        if key not in drugs:
            drugs[key] = _drug(row, ingredients)
        drug = drugs[key]
        if (drug.pk, row.brand_name, row.labeler) not in products:
            products[drug.pk, row.brand_name, row.labeler] = Product.objects.create(
                drug=drug, brand_name=row.brand_name, labeler=row.labeler, te_code=row.te_code
            )
        ndc12 = Ndc.parse(row.ndc).digits12
        if ndc12 not in have:
            Package.objects.create(
                product=products[drug.pk, row.brand_name, row.labeler],
                ndc12=ndc12,
                ndc=row.ndc,
                gtin=row.gtin,
                size=row.package_size,
                unit=row.package_unit,
                unit_of_use=row.unit_of_use,
                unit_cost=row.unit_cost,
                cost_as_of=row.cost_as_of,
            )
    audit.record(actor, LOADED, at=at, after={"packages": len(rows), "edition": starter.EDITION})
    return len(rows)


def _ingredients() -> dict[str, Ingredient]:
    for row in starter.ingredients():
        Ingredient.objects.update_or_create(key=row.key, defaults={"name": row.name, "classes": list(row.classes)})
    return {i.key: i for i in Ingredient.objects.all()}


def _drug(row: starter.PackageRow, ingredients: dict[str, Ingredient]) -> Drug:
    drug = Drug.objects.create(
        generic_name=row.generic_name,
        strength=row.strength,
        form=row.form,
        route=row.route,
        schedule=row.schedule,
        unit=row.package_unit,
        rxcui=row.rxcui,
    )
    drug.ingredients.set([ingredients[key] for key in row.ingredients])
    return drug
