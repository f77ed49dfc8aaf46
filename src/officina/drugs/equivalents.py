"""What may stand for a product: candidates, approvals, packages and prices of the drug file, each asked for once for all of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import OuterRef, Q, QuerySet, Subquery

from officina.drugs.bulk import in_chunks
from officina.drugs.models import Approval, Drug, DrugSubstance, Package, Price, Product, Substance
from officina.drugs.particulars import apart
from officina.drugs.rules import codes
from officina.drugs.rules.approvals import Approved, Listed, Part, Unmatched, match
from officina.drugs.rules.clinical import base_keys
from officina.drugs.rules.grouping import amounts
from officina.drugs.rules.substitution import Reason, Sold, Verdict, judge
from officina.kernel.errors import Refused

_WITH = "drug"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a unit of a package costs, since when, and who says so."""

    per_unit: Decimal
    unit: str
    since: date | None
    source: str
    """'NADAC', or 'house' where the house or its starter list entered it."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A package of an offer, and what a unit of it costs; None where no price is known."""

    package: Package
    cost: Cost | None


@dataclass(frozen=True, slots=True)
class Offer:
    """A product that shares the ingredients, and whether it may be dispensed for what was written."""

    product: Product
    sold: Sold
    verdict: Verdict
    packages: list[Packed] = field(default_factory=list)

    @property
    def te_code(self) -> str:
        """Its equivalence code, as the row that it was joined to says; empty where it has none or is not known."""
        approved = self.sold.approved
        return ",".join(sorted(approved.te_codes)) if isinstance(approved, Approved) else ""

    @property
    def cheapest(self) -> Decimal | None:
        """The lowest price of a unit among its packages; None where no price is known."""
        return min((p.cost.per_unit for p in self.packages if p.cost), default=None)


@dataclass(frozen=True, slots=True)
class Equivalents:
    """The answer: what was written, and what else has its ingredients, allowed or with the reason why not."""

    written: Offer
    daw: int
    offers: list[Offer]
    other_strengths: int
    """Products of the same ingredients in other strengths: counted, not shown."""

    @property
    def allowed(self) -> list[Offer]:
        """What may be dispensed, what was written included."""
        return [o for o in (self.written, *self.offers) if o.verdict.may]

    @property
    def excluded(self) -> list[Offer]:
        """What may not, each with its reason."""
        return [o for o in (self.written, *self.offers) if not o.verdict.may]

    @property
    def not_known(self) -> int:
        """How many could not be judged, because no row of the Orange Book is known to be theirs."""
        return sum(o.verdict.reason is Reason.UNKNOWN for o in self.offers)


class _Composed(NamedTuple):
    """What is in a drug: the keys of its ingredients, and the substances as listed."""

    bases: frozenset[str]
    parts: tuple[Part, ...]


def product_by_code(text: str) -> tuple[Product, Package | None]:
    """The product, and the package where the code names one; Refused where the code is none or the drug file does not have it."""
    code = codes.read(text)
    if code is None or code.kind == "RxCUI":
        raise Refused("no_code", f"{text!r} is no NDC and no GTIN.", {"ndc": "An NDC as printed on the package"})
    if code.kind == "NDC of a product":
        found = Product.objects.filter(product_ndc__in=code.values).select_related(_WITH)
        product = found.order_by("excluded", "-ended_on", "id").first()
        if product is not None:
            return product, None
    else:
        where = Q(gtin__in=code.values) if code.kind == "GTIN" else Q(ndc12__in=code.values)
        packages = list(Package.objects.filter(where).select_related("product__drug").order_by("id")[:2])
        if len(packages) == 2:
            both = " or ".join(p.ndc for p in packages)
            raise Refused("two_packages", f"{text} may be {both}: write it with its hyphens.")
        if packages:
            return packages[0].product, packages[0]
    why = f" {said}" if code.kind == "NDC" and (said := apart(code.values)) else ""
    raise Refused("no_package", f"The drug file has no {code.kind} {text}.{why}", {"ndc": "Not in the drug file"})


def equivalents(product: Product, *, on: date, daw: int = 0) -> Equivalents:
    """What may be dispensed for a product and what not; about ten statements, however many candidates there are."""
    drugs = _alike(product.drug)
    rows = list(_candidates(product, drugs))
    known = _approvals({p.application for p in rows if p.application})
    by_pk = {p.pk: _sold(p, drugs, known) for p in rows}
    written = by_pk[product.pk]
    judged = [Offer(p, by_pk[p.pk], judge(written, by_pk[p.pk], daw=daw)) for p in rows]
    near = [o for o in judged if o.verdict.may or _is_near(written, o.sold)]
    packed = packages_of([o.product.pk for o in near], on=on)
    for offer in near:
        offer.packages.extend(packed.get(offer.product.pk, ()))
    own = next(o for o in near if o.product.pk == product.pk)
    return Equivalents(own, daw, [o for o in near if o is not own], len(judged) - len(near))


def _is_near(written: Sold, offered: Sold) -> bool:
    """Whether a strength is the same by the labels or by the book: what is of another is counted and not shown."""
    ours, theirs = written.approved, offered.approved
    if isinstance(ours, Approved) and isinstance(theirs, Approved) and ours.heading[-1] == theirs.heading[-1]:
        return True
    return bool(written.strength) and amounts(written.strength) == amounts(offered.strength)


def sold(product: Product) -> Sold:
    """One product as far as substitution goes, with the row of the Orange Book that it is. Three statements."""
    drugs = {product.drug_id: _compositions([product.drug])[product.drug_id]}
    return _sold(product, drugs, _approvals({product.application} - {""}))


def _candidates(product: Product, drugs: dict[int, _Composed]) -> Iterable[Product]:
    """Every listed product of these drugs, and the one that was written whatever its listing says."""
    found = {product.pk: product}
    for chunk in in_chunks(sorted(drugs)):
        rows = Product.objects.filter(drug_id__in=chunk, ended_on=None, excluded=False).select_related(_WITH)
        found.update({p.pk: p for p in rows.order_by("id")})
    return found.values()


def _alike(drug: Drug) -> dict[int, _Composed]:
    """The drugs of the same ingredients in any strength, form and salt, with what is in them; of a kit only itself."""
    own = _compositions([drug])[drug.pk]
    kits = {} if own.parts else _kits_of(drug, own)
    if not own.bases:
        return kits | {drug.pk: own}
    first = min(own.bases)
    substances = Substance.objects.filter(name__istartswith=first.split("-")[0]).values_list("pk", "name")
    named = [pk for pk, name in substances if base_keys(name)[-1] == first]
    ids = set(DrugSubstance.objects.filter(substance__in=named).values_list("drug_id", flat=True))
    ids |= set(Drug.objects.filter(ingredients__key=first).values_list("pk", flat=True))
    rows = [d for chunk in in_chunks(sorted(ids)) for d in Drug.objects.filter(pk__in=chunk)]
    return kits | {pk: made for pk, made in _compositions(rows).items() if made.bases == own.bases} | {drug.pk: own}


def _kits_of(drug: Drug, own: _Composed) -> dict[int, _Composed]:
    """The drugs of no listed substance that stand under an approval of the same ingredients: a kit is known by its approval alone."""
    applications = set(Product.objects.filter(drug=drug).exclude(application="").values_list("application", flat=True))
    ingredients = set(
        Approval.objects.filter(application__in=applications, ended_on=None).values_list("ingredient", flat=True)
    )
    if not ingredients:
        return {}
    same = Approval.objects.filter(ingredient__in=ingredients, ended_on=None).values("application")
    listed = Product.objects.filter(application__in=same, drug__substances=None, ended_on=None, excluded=False)
    return dict.fromkeys(listed.values_list("drug_id", flat=True), own)


def _compositions(drugs: Sequence[Drug]) -> dict[int, _Composed]:
    """What is in each drug: by its listed substances, else by the ingredients that the house gave it. Two statements a chunk."""
    parts: defaultdict[int, list[Part]] = defaultdict(list)
    bases: defaultdict[int, set[str]] = defaultdict(set)
    links = Drug.ingredients.through.objects
    for chunk in in_chunks(d.pk for d in drugs):
        rows = DrugSubstance.objects.filter(drug_id__in=chunk).order_by("drug_id", "place")
        for drug_id, name, number, unit in rows.values_list("drug_id", "substance__name", "number", "unit"):
            parts[drug_id].append(Part(name, number, unit))
        for drug_id, key in links.filter(drug_id__in=chunk).values_list("drug_id", "ingredient__key"):
            bases[drug_id].add(key)
    return {
        d.pk: _Composed(
            frozenset(base_keys(p.substance)[-1] for p in parts[d.pk]) or frozenset(bases[d.pk]), tuple(parts[d.pk])
        )
        for d in drugs
    }


def _approvals(applications: Iterable[str]) -> dict[str, list[Approved]]:
    """The rows of these applications; one statement for five hundred of them."""
    found: defaultdict[str, list[Approved]] = defaultdict(list)
    wanted = sorted(applications)
    for start in range(0, len(wanted), 500):
        rows = Approval.objects.filter(application__in=wanted[start : start + 500], ended_on=None).order_by("id")
        for row in rows:
            found[row.application].append(_approved(row))
    return found


def _approved(row: Approval) -> Approved:
    return Approved(
        application=row.application,
        product_number=row.product_number,
        ingredient=row.ingredient,
        form=row.form,
        route=row.route,
        strength=row.strength,
        trade_name=row.trade_name,
        te_codes=_codes(row.te_code),
        is_discontinued=row.market == "DISCN",
    )


def _codes(text: str) -> frozenset[str]:
    return frozenset(code.strip() for code in text.split(",")) - {""}


def _sold(product: Product, drugs: dict[int, _Composed], known: dict[str, list[Approved]]) -> Sold:
    drug, composed = product.drug, drugs[product.drug_id]
    return Sold(
        key=product.pk,
        brand_name=product.brand_name,
        generic_name=drug.generic_name,
        labeler=product.labeler,
        substances=tuple(p.substance for p in composed.parts) or tuple(sorted(composed.bases)),
        strength=drug.strength,
        form=drug.form,
        route=drug.route,
        category=product.category,
        application=product.application,
        schedule=product.schedule if product.listing else drug.schedule,
        approved=_row_of(product, composed, known),
    )


def _row_of(product: Product, composed: _Composed, known: dict[str, list[Approved]]) -> Approved | Unmatched:
    if product.application:
        brand = product.brand_name
        return match(
            Listed(parts=composed.parts, form=product.drug.form, brand_name=brand), known.get(product.application, [])
        )
    if not product.is_house or product.listing is not None:
        return Unmatched.NO_APPLICATION
    drug = product.drug
    return Approved(
        application="",
        product_number="",
        ingredient=drug.generic_name,
        form=drug.form,
        route=drug.route,
        strength=drug.strength,
        trade_name=product.brand_name,
        te_codes=_codes(product.te_code),
        is_house=True,
    )


def packages_of(products: Sequence[int], *, on: date) -> dict[int, list[Packed]]:
    """The packages of products that could be had, smallest first, with their price on a day. Two statements for five hundred products."""
    found: defaultdict[int, list[Packed]] = defaultdict(list)
    for chunk in in_chunks(products):
        rows = Package.objects.filter(product_id__in=chunk, ended_on=None, excluded=False, sample=False)
        here = list(rows.order_by("product_id", "size", "ndc12"))
        costs = costs_of(here, on=on)
        for package in here:
            found[package.product_id].append(Packed(package, costs.get(package.pk)))
    return dict(found)


def costs_of(packages: Sequence[Package], *, on: date) -> dict[int, Cost]:
    """The newest surveyed price of each package on a day, else what the house entered. One statement for five hundred packages."""
    surveyed: dict[str, Price] = {}
    wanted = [p.ndc12 for p in packages]
    for start in range(0, len(wanted), 500):
        for price in _newest(wanted[start : start + 500], on):
            surveyed[price.ndc12] = price
    costs: dict[int, Cost] = {}
    for package in packages:
        price_of = surveyed.get(package.ndc12)
        if price_of is not None:
            costs[package.pk] = Cost(price_of.per_unit, price_of.unit, price_of.starts_on, "NADAC")
        elif package.unit_cost is not None:
            costs[package.pk] = Cost(package.unit_cost, package.unit, package.cost_as_of, "house")
    return costs


def _newest(ndc12s: Sequence[str], on: date) -> QuerySet[Price]:
    of_one = Price.objects.filter(ndc12=OuterRef("ndc12"), starts_on__lte=on).order_by("-starts_on")
    return Price.objects.filter(ndc12__in=ndc12s, starts_on=Subquery(of_one.values("starts_on")[:1]))
