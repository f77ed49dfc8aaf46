"""Reading the drug file: by scanned code, by words, by NDC."""

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models import BigIntegerField, CharField, Exists, OuterRef, Q, QuerySet

from officina.base.rows import Question
from officina.drugs import addresses
from officina.drugs.addresses import Address
from officina.drugs.models import Approval, Edition, Price, Product, Recall, RecallNdc, RxNdc, Shortage
from officina.drugs.models import Drug as Drug
from officina.drugs.models import Ingredient as Ingredient
from officina.drugs.models import Package as Package
from officina.drugs.sources.registry import SOURCES
from officina.drugs.sources.shape import Source
from officina.kernel.errors import ParseError, Refused

_SAID = {"sulfonamide-antibiotic": "sulfa", "nsaid": "nsaid", "cephalosporin": "cephalosporin", "opioid": "opioid"}
"""How a class is called at the counter, where it is not called by its key."""


def packages() -> QuerySet[Package]:
    """Packages with their product and drug at hand."""
    return Package.objects.select_related("product__drug")


_PACKAGE = Question(lambda pk: packages().filter(pk=pk), pk=BigIntegerField())
_BY_NDC12 = Question(lambda ndc12: packages().filter(ndc12=ndc12).order_by("id")[:1], ndc12=CharField())
_BY_GTIN = Question(lambda gtin: packages().filter(gtin=gtin).order_by("id")[:1], gtin=CharField())
_PACKAGES_OF = Question(
    lambda drug: (
        packages()
        .filter(
            product__drug=drug,
            size__isnull=False,
            sample=False,
            excluded=False,
            ended_on__isnull=True,
            product__ended_on__isnull=True,
        )
        .order_by("product__brand_name", "product__labeler", "size")
    ),
    drug=BigIntegerField(),
)
_INGREDIENTS = Question(
    lambda drug: Ingredient.objects.filter(
        pk__in=Drug.ingredients.through.objects.filter(drug_id=drug).values("ingredient_id")
    ).order_by("key"),
    drug=BigIntegerField(),
)


def house_packages() -> list[Package]:
    """The packages that the house or its starter list entered, not the whole directory."""
    return list(packages().filter(is_house=True).order_by("id"))


def package_by_gtin(gtin: str) -> Package | None:
    """The package behind a 14-digit barcode number."""
    return _BY_GTIN.first(gtin=gtin)


def package_by_ndc12(ndc12: str) -> Package | None:
    """The package of a 12-digit NDC."""
    return _BY_NDC12.first(ndc12=ndc12)


def package(pk: int) -> Package:
    """A package by its key; Refused where the drug file has none such."""
    found = _PACKAGE.first(pk=pk)
    if found is None:
        raise Refused("no_package", "The drug file has no such package.", {"package": "Choose one of the list"})
    return found


def packages_of(drug_id: int) -> list[Package]:
    """The packages in which a clinical drug may be dispensed, by product and size: no sample, none ended, none of unknown size."""
    return _PACKAGES_OF(drug=drug_id)


def brand_of(drug_id: int) -> str:
    """A brand under which a clinical drug is sold, for the label's "generic for"; empty where the drug file knows none."""
    brands = Product.objects.filter(drug_id=drug_id).exclude(brand_name="")
    return brands.order_by("brand_name").values_list("brand_name", flat=True).first() or ""


def brands_of(drug_id: int) -> list[str]:
    """The brands under which a clinical drug is sold."""
    brands = Product.objects.filter(drug_id=drug_id, ended_on=None).exclude(brand_name="")
    return list(brands.order_by("brand_name").values_list("brand_name", flat=True).distinct())


def drug(pk: int) -> Drug:
    """A clinical drug by its key; Refused where the drug file has none such."""
    found = Drug.objects.filter(pk=pk).first()
    if found is None:
        raise Refused("no_drug", "The drug file has no such medicine.", {"drug": "Choose one of the list"})
    return found


def exactly(generic_name: str, strength: str, form: str) -> Drug | None:
    """The drug of exactly this name, strength and form; the house's own before the directory's of the same words: that is what it stocks."""
    found = Drug.objects.filter(generic_name=generic_name, strength=strength, form=form)
    return found.order_by("-is_house", "id").first()


def by_rxcui(rxcui: str) -> Drug | None:
    """The drug of an RxNorm clinical drug code, where exactly one carries it."""
    found = list(Drug.objects.filter(rxcui=rxcui)[:2]) if rxcui else []
    return found[0] if len(found) == 1 else None


def ingredient(key: str) -> Ingredient | None:
    """An ingredient by its key."""
    return Ingredient.objects.filter(key=key).first()


def ingredients(text: str = "", *, most: int = 20) -> list[Ingredient]:
    """Ingredients whose name begins with the text."""
    return list(Ingredient.objects.filter(name__istartswith=text.strip()).order_by("name")[:most])


def ingredient_named(text: str) -> Ingredient | None:
    """The ingredient of that name or key, as a person types it."""
    plain = text.strip().lower()
    return Ingredient.objects.filter(Q(key=plain.replace(" ", "-")) | Q(name__iexact=plain)).first()


def class_named(text: str) -> str:
    """The class that a person means by a word such as 'sulfa antibiotics' or 'penicillins'; empty where none is meant for certain."""
    plain = text.strip().lower().replace(" ", "-").rstrip("s")
    known = {c for classes in Ingredient.objects.values_list("classes", flat=True) for c in classes}
    return next((c for c in sorted(known) if plain in {c, c.removesuffix("-antibiotic"), _SAID.get(c)}), "")


def ingredients_of(drug_id: int) -> list[Ingredient]:
    """The ingredients of a clinical drug."""
    return _INGREDIENTS(drug=drug_id)


def count() -> int:
    """How many packages the drug file holds."""
    return Package.objects.count()


@dataclass(frozen=True, slots=True)
class SourceState:
    """How fresh one official list is."""

    key: str
    title: str
    url: str
    mend: str
    """What brings it up to date."""
    dated: date | None
    loaded_on: date | None
    """None where it was never loaded."""
    checked_on: date | None
    """When its address last said that it has no newer one."""
    age: int
    """Days since the edition, or since the load where the file tells no day."""
    is_stale: bool
    """Older than this list may be; one that was never loaded is not stale but missing."""
    rows: int
    unread: int
    sha256: str


def sources(*, on: date) -> list[SourceState]:
    """Every source of the drug file with its newest edition on a day."""
    return [_state(source, on) for source in {s.KEY: s for s in reversed(SOURCES)}.values()][::-1]


def _state(source: Source, on: date) -> SourceState:
    newest = Edition.objects.filter(source=source.KEY).order_by("-loaded_at", "-pk").first()
    at = address(source.KEY)
    if newest is None:
        return SourceState(source.KEY, source.TITLE, at.url, at.mend, None, None, None, 0, False, 0, 0, "")
    loaded_on = newest.loaded_at.date()
    age = max((on - (newest.dated or loaded_on)).days, 0)
    return SourceState(
        source.KEY,
        source.TITLE,
        at.url,
        at.mend,
        newest.dated,
        loaded_on,
        newest.checked_at.date() if newest.checked_at else None,
        age,
        age > at.stale_after,
        newest.rows,
        newest.unread,
        newest.sha256,
    )


def address(key: str) -> Address:
    """Where a source is had and how long an edition of it may be used; Refused where there is no such source, or the house's file is wrong."""
    try:
        found = addresses.book(settings.DRUG_SOURCES)
    except ParseError as problem:
        raise Refused("no_addresses", f"The addresses of the drug lists cannot be read: {problem}") from problem
    if key not in found:
        raise Refused("no_source", f"There is no source {key!r}. There are: {', '.join(found)}.")
    return found[key]


def fetchable() -> list[str]:
    """The keys of the sources that are files on a server, in the order in which they are fetched."""
    return [source for source in dict.fromkeys(s.KEY for s in SOURCES) if not address(source).by_hand]


def title_of(key: str) -> str:
    """What a source is called."""
    return next(s.TITLE for s in SOURCES if key == s.KEY)


def fetched(key: str) -> tuple[str, str, str] | None:
    """Address, ETag and Last-Modified of the newest edition, where the house fetched it; None where a person brought it."""
    newest = Edition.objects.filter(source=key).order_by("-loaded_at", "-pk").first()
    return (newest.address, newest.etag, newest.modified) if newest and newest.address else None


def joins() -> dict[str, int]:
    """What the lists do not say of each other: a price that is missing is "no price", never nothing."""
    here = Package.objects.filter(ended_on=None)
    known = Package.objects.filter(ndc12=OuterRef("ndc12"))
    listed = Product.objects.filter(ended_on=None, kind="HUMAN PRESCRIPTION DRUG").exclude(application="")
    short = Shortage.objects.filter(ended_on=None)
    return {
        "packages without a size": here.filter(size=None).count(),
        "packages without a price": here.exclude(Exists(Price.objects.filter(ndc12=OuterRef("ndc12")))).count(),
        "packages without an RxNorm code": here.exclude(Exists(RxNdc.objects.filter(ndc12=OuterRef("ndc12")))).count(),
        "prescription products whose application is not in the Orange Book": listed.exclude(
            Exists(Approval.objects.filter(application=OuterRef("application")))
        ).count(),
        "prices of packages that are not in the drug file": Price.objects.exclude(Exists(known)).count(),
        "shortage notices of packages that are not in the drug file": short.exclude(ndc12="")
        .exclude(Exists(known))
        .count(),
        "shortage notices that name no package": short.filter(ndc12="").count(),
        "recalls that name no package": Recall.objects.exclude(
            Exists(RecallNdc.objects.filter(number=OuterRef("number")))
        ).count(),
        "recalled packages that are not in the drug file": RecallNdc.objects.exclude(Exists(known)).count(),
    }
