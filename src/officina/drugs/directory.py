"""Bringing the FDA's NDC directory into the drug file: products, packages, clinical drugs and substances, by what changed."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from officina.drugs import schedules
from officina.drugs.bulk import Table, in_chunks
from officina.drugs.composing import Drugs
from officina.drugs.joining import Joined
from officina.drugs.lists import Change
from officina.drugs.models import Package, Product
from officina.drugs.rules.clinical import Clinical, clinical_of
from officina.drugs.rules.packages import Size, agrees, counted_unit, size_of
from officina.drugs.sources.fda_ndc import PackageRow, ProductRow
from officina.drugs.sources.shape import Faults, Row
from officina.kernel.errors import ParseError
from officina.kernel.ids.gtin import Gtin
from officina.kernel.ids.ndc import Ndc

_FACTS = [
    "product_ndc",
    "kind",
    "generic_name",
    "category",
    "application",
    "schedule",
    "classes",
    "starts_on",
    "ends_on",
    "certified_through",
    "excluded",
    "listing",
    "fingerprint",
    "edition",
    "ended_on",
]
_NAMES = ["drug", "brand_name", "labeler", "is_house"]
_DEFAULTS = ["te_code", "appearance", "imprint", "image"]
_PACKAGE_FACTS = [
    "product",
    "description",
    "starts_on",
    "ends_on",
    "excluded",
    "sample",
    "fingerprint",
    "edition",
    "ended_on",
]
_PACKAGE_SIZE = ["size", "unit", "unit_of_use", "unsized"]
_REPEATS = 50
_MEASURED = {"mL", "g"}


class _Product(NamedTuple):
    pk: int
    drug_id: int
    fingerprint: int | None
    now: bool
    is_house: bool


class _Package(NamedTuple):
    pk: int
    product_id: int
    fingerprint: int | None
    now: bool
    is_house: bool


@dataclass(frozen=True, slots=True)
class _Adoptable:
    """A product of the starter list whose packages the directory knows under one product NDC."""

    pk: int
    drug_id: int
    brand_name: str
    labeler: str


class Directory:
    """One load of the directory. What the starter list entered keeps its names, sizes and costs, and gains the facts."""

    def __init__(self, edition_id: int, on: date, faults: Faults) -> None:
        self.edition_id, self.on, self.faults = edition_id, on, faults
        self.drugs = Drugs()
        self.products: dict[str, _Product] = {}
        self.by_ndc: dict[str, str] = {}
        for listing, ndc, pk, drug_id, mark, is_house, ended in Product.objects.exclude(listing=None).values_list(
            "listing", "product_ndc", "pk", "drug_id", "fingerprint", "is_house", "ended_on"
        ):
            self.products[str(listing)] = _Product(pk, drug_id, mark, ended is None, is_house)
            if ended is None:
                self.by_ndc[ndc] = str(listing)
        self.packages: dict[str, _Package] = {}
        self.gtins: dict[str, int] = {}
        self._read_packages()
        self.adoptable = _adoptable()
        self.adopted: set[int] = set(
            Product.objects.filter(is_house=True).exclude(listing=None).values_list("pk", flat=True)
        )
        self.products_before = sum(p.now for p in self.products.values())
        self.packages_before = sum(p.now and p.fingerprint is not None for p in self.packages.values())
        self.renewed: set[str] = set()
        self.seen_products: set[str] = set()
        self.seen_packages: set[str] = set()
        self.forms: dict[str, str] = {}
        self.again: dict[str, list[str]] = {}
        self.unclear: set[int] = set()
        self.joined: list[Joined] = []
        self.new_product = Table(Product, [*_NAMES, *_DEFAULTS, *_FACTS])
        self.named_product = Table(Product, [*_NAMES, *_FACTS])
        self.house_product = Table(Product, _FACTS)
        self.new_package = Table(Package, ["ndc12", "ndc", "gtin", "is_house", *_PACKAGE_FACTS, *_PACKAGE_SIZE])
        self.sized_package = Table(Package, [*_PACKAGE_FACTS, *_PACKAGE_SIZE])
        self.house_package = Table(Package, _PACKAGE_FACTS)

    def _read_packages(self) -> None:
        for ndc12, gtin, pk, product_id, mark, is_house, ended in Package.objects.values_list(
            "ndc12", "gtin", "pk", "product_id", "fingerprint", "is_house", "ended_on"
        ).iterator(5000):
            self.packages[ndc12] = _Package(pk, product_id, mark, ended is None, is_house)
            if gtin:
                self.gtins[gtin] = pk

    def take(self, row: ProductRow | PackageRow) -> None:
        """Bring one row in."""
        if isinstance(row, ProductRow):
            self._take_product(row)
        else:
            self._take_package(row)

    def _take_product(self, row: ProductRow) -> None:
        self.forms[row.listing] = row.form
        self.seen_products.add(row.listing)
        have = self.products.get(row.listing) or self._renewed(row)
        unchanged = have is not None and (have.fingerprint, have.now) == (row.fingerprint, True)
        ours = have.drug_id if have is not None and have.is_house else None
        if unchanged and not self.drugs.is_open(ours):
            return
        clinical = clinical_of(
            ((s.substance, s.number, s.unit) for s in row.strengths),
            form=row.form,
            routes=row.routes,
            name=row.generic_name or row.brand_name,
        )
        if ours is not None:
            self.drugs.hear(ours, clinical, row)
        if unchanged:
            return
        if have is None:
            self.products[row.listing] = self._new_product(row, clinical)
            return
        drug_id = have.drug_id if have.is_house else self.drugs.of(row, clinical)
        if have.is_house:
            self.house_product.update(have.pk, *self._facts(row))
        else:
            self.named_product.update(have.pk, drug_id, row.brand_name, row.labeler, False, *self._facts(row))
        self.products[row.listing] = _Product(have.pk, drug_id, row.fingerprint, True, have.is_house)

    def _renewed(self, row: ProductRow) -> _Product | None:
        """The product under the version of its label that the last edition knew: the same product, not another."""
        before = self.by_ndc.pop(row.product_ndc, None)
        if before is None or before in self.seen_products:
            return None
        have = self.products.pop(before)
        self.renewed.add(before)
        # Written even where nothing else changed: the next edition finds it by this listing.
        self.products[row.listing] = have._replace(fingerprint=None)
        return self.products[row.listing]

    def _new_product(self, row: ProductRow, clinical: Clinical) -> _Product:
        if row.listing in self.renewed:
            # Its row was given to the newer version: that must be written before this one may stand under the old name.
            self.named_product.write_changed()
            self.house_product.write_changed()
        house = self.adoptable.pop(_product_digits(row.product_ndc), None)
        if house is None:
            drug_id = self.drugs.of(row, clinical)
            pk = self.new_product.insert(drug_id, row.brand_name, row.labeler, False, "", "", "", "", *self._facts(row))
            return _Product(pk, drug_id, row.fingerprint, True, is_house=False)
        self.drugs.hear(house.drug_id, clinical, row)
        if house.pk in self.adopted:
            pk = self.new_product.insert(
                house.drug_id, house.brand_name, house.labeler, True, "", "", "", "", *self._facts(row)
            )
        else:
            pk = house.pk
            self.adopted.add(pk)
            self.house_product.update(pk, *self._facts(row))
        return _Product(pk, house.drug_id, row.fingerprint, True, is_house=True)

    def _facts(self, row: ProductRow) -> tuple[object, ...]:
        return (
            row.product_ndc,
            row.kind,
            row.generic_name,
            row.category,
            row.application,
            row.schedule,
            list(row.classes),
            row.starts_on,
            row.ends_on,
            row.certified_through,
            row.excluded,
            row.listing,
            row.fingerprint,
            self.edition_id,
            None,
        )

    def _take_package(self, row: PackageRow) -> None:
        product = self.products.get(row.listing)
        if product is None:
            self.faults.add(0, "a package without its product", row.ndc)
            return
        try:
            ndc = Ndc.parse(row.ndc)
        except ParseError as problem:
            self.faults.add(0, str(problem), row.ndc)
            return
        if ndc.digits12 in self.seen_packages:
            self.again.setdefault(ndc.digits12, []).append(row.description)
            return
        self.seen_packages.add(ndc.digits12)
        have = self.packages.get(ndc.digits12)
        if have is None:
            self._new_package(ndc, row, product.pk)
        elif (have.fingerprint, have.now, have.product_id) != (row.fingerprint, True, product.pk):
            facts = self._package_facts(row, product.pk)
            if have.is_house:
                self.house_package.update(have.pk, *facts)
            else:
                self.sized_package.update(have.pk, *facts, *_sized(row.description, self.forms[row.listing]))

    def _new_package(self, ndc: Ndc, row: PackageRow, product_id: int) -> None:
        gtin = None
        with suppress(ParseError):
            gtin = Gtin.for_ndc(ndc).digits
        if gtin in self.gtins:
            self.unclear.add(self.gtins[gtin])
            gtin = None
        size = _sized(row.description, self.forms[row.listing])
        pk = self.new_package.insert(ndc.digits12, ndc.text, gtin, False, *self._package_facts(row, product_id), *size)
        if gtin:
            self.gtins[gtin] = pk

    def _package_facts(self, row: PackageRow, product_id: int) -> tuple[object, ...]:
        return (
            product_id,
            row.description,
            row.starts_on,
            row.ends_on,
            row.excluded,
            row.sample,
            row.fingerprint,
            self.edition_id,
            None,
        )

    def finish(self) -> list[Change]:
        """Write what is left, end what is gone, and take back what turned out to be unclear."""
        if len(self.again) > max(_REPEATS, len(self.seen_packages) // 100):
            got = f"{len(self.again)} of {len(self.seen_packages)} stand there again"
            raise ParseError("directory", expected="every package once", got=got)
        self.drugs.close()
        products = (self.new_product, self.named_product, self.house_product)
        packages = (self.new_package, self.sized_package, self.house_package)
        for table in (*products, *packages):
            table.close()
        self.joined = self.drugs.settle()
        gone_products = [p.pk for key, p in self.products.items() if p.now and key not in self.seen_products]
        gone_packages = [
            p.pk
            for ndc12, p in self.packages.items()
            if p.now and p.fingerprint is not None and ndc12 not in self.seen_packages
        ]
        for model, gone in ((Product, gone_products), (Package, gone_packages)):
            for chunk in in_chunks(gone):
                model._default_manager.filter(pk__in=chunk).update(ended_on=self.on, edition_id=self.edition_id)
        Package.objects.filter(pk__in=self.unclear, is_house=False).update(gtin=None)
        self._settle_repeated()
        return [
            _change("product", products, self.products_before, len(self.seen_products), gone_products),
            _change("package", packages, self.packages_before, len(self.seen_packages), gone_packages),
        ]

    def _settle_repeated(self) -> None:
        """An NDC that the directory gives twice with two contents has no size: which one is meant nobody can tell."""
        for package in Package.objects.filter(ndc12__in=list(self.again), is_house=False, size__isnull=False):
            form = ""
            sizes = {_sized(text, form)[:2] for text in self.again[package.ndc12]}
            if sizes != {(package.size, package.unit)}:
                package.size, package.unit, package.unsized = None, "", "the directory gives this NDC several contents"
                package.save(update_fields=["size", "unit", "unsized"])


def load(
    rows: Iterable[Row], *, edition_id: int, on: date, faults: Faults, tell: Callable[[int], None]
) -> tuple[list[Change], list[Joined]]:
    """Bring the rows of the directory in; gives what changed, and which drugs stood twice and are one now."""
    directory = Directory(edition_id, on, faults)
    for count, row in enumerate(rows, 1):
        assert isinstance(row, ProductRow | PackageRow)
        directory.take(row)
        if count % 1000 == 0:
            tell(count)
    changes = directory.finish()
    schedules.settle()
    return changes, directory.joined


def _sized(description: str, form: str) -> tuple[Decimal | None, str, bool, str]:
    """Size, unit, whether it is dispensed in the maker's package, and why there is no size."""
    size = size_of(description)
    if not isinstance(size, Size):
        return None, "", False, f"{size.why}: {size.at}"
    if form and not agrees(size, form):
        return None, "", False, f"{size.unit} does not go with {form.lower()}"
    return size.number, size.unit, size.unit not in _MEASURED and counted_unit(size.unit.upper()) is None, ""


def _change(name: str, tables: tuple[Table, ...], before: int, rows: int, gone: list[int]) -> Change:
    added, changed = sum(t.inserted for t in tables), sum(t.updated for t in tables)
    return Change(name, before=before, rows=rows, added=added, changed=changed, ended=len(gone))


def _product_digits(product_ndc: str) -> str:
    labeler, _, product = product_ndc.partition("-")
    return labeler.zfill(6) + product.zfill(4)


def _adoptable() -> dict[str, _Adoptable]:
    """Products of the starter list that no listing has been given to, by the digits of their product NDC."""
    found = Package.objects.filter(is_house=True, fingerprint=None).select_related("product").order_by("ndc12")
    return {
        p.ndc12[:10]: _Adoptable(p.product_id, p.product.drug_id, p.product.brand_name, p.product.labeler)
        for p in found
    }
