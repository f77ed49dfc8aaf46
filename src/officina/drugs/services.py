"""Writing the drug file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from django.db.models import QuerySet

from officina.base import acts, audit
from officina.base.access import Actor
from officina.base.command import command
from officina.base.content import aside
from officina.drugs import directory, lists, starter
from officina.drugs.joining import Joined
from officina.drugs.lists import Change
from officina.drugs.models import Drug, Edition, Ingredient, Package, Product
from officina.drugs.sources import fda_ndc
from officina.drugs.sources.files import Bundle, open_bundle
from officina.drugs.sources.registry import source_of
from officina.drugs.sources.shape import Faults, Source
from officina.kernel.errors import ParseError, Refused
from officina.kernel.ids.ndc import Ndc

LOADED = audit.verb("drugs.loaded", "loaded the drug file")

IMPORTED = audit.verb("drugs.imported", "brought an official list into the drug file")

JOINED = audit.verb("drugs.joined", "made one row of two that were one medicine")


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of one file."""

    source: str
    title: str
    name: str
    dated: date | None
    unread: int
    is_same: bool
    """These very bytes stood in the drug file already: nothing was read."""
    changes: list[Change]
    joined: int = 0
    """So many medicines stood twice, by the house's words and by the directory's, and are one now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """From where a file was fetched, and how its server names these bytes."""

    address: str
    etag: str = ""
    modified: str = ""


@command
@aside("tell")
def import_files(
    actor: Actor,
    *,
    paths: list[Path],
    at: datetime,
    dated: date | None = None,
    accept_shrink: bool = False,
    tell: Callable[[str, int], None] | None = None,
) -> list[Imported]:
    """Bring official files into the drug file, all of them or none. ParseError becomes Refused; `tell` hears title and rows read."""
    actor.must(acts.MANAGE_STAFF, at=at)
    with _nothing_changed():
        found = [(bundle := open_bundle(path), source_of(bundle)) for path in paths]
        return [
            _import(actor, bundle, source, at=at, dated=dated, accept_shrink=accept_shrink, tell=tell)
            for bundle, source in found
        ]


@command
@aside("tell")
def import_fetched(
    actor: Actor,
    *,
    key: str,
    path: Path,
    origin: Origin,
    at: datetime,
    accept_shrink: bool = False,
    tell: Callable[[str, int], None] | None = None,
) -> Imported:
    """Bring a file in that was fetched for the source of that key; Refused where its content is that of another."""
    actor.must(acts.MANAGE_STAFF, at=at)
    with _nothing_changed():
        bundle = open_bundle(path)
        source = source_of(bundle)
        if key != source.KEY:
            raise ParseError("file of " + key, where=origin.address, expected=key, got=source.TITLE)
        done = _import(actor, bundle, source, at=at, dated=None, accept_shrink=accept_shrink, tell=tell)
        _note_origin(key, origin, at=at)
        return done


@command
def confirm(actor: Actor, *, key: str, at: datetime) -> None:
    """Note that the address of a source has no other edition than the house has."""
    actor.must(acts.MANAGE_STAFF, at=at)
    _newest(key).update(checked_at=at)


def _note_origin(key: str, origin: Origin, *, at: datetime) -> None:
    _newest(key).update(address=origin.address, etag=origin.etag[:200], modified=origin.modified[:60], checked_at=at)


def _newest(key: str) -> QuerySet[Edition]:
    newest = Edition.objects.filter(source=key).order_by("-loaded_at", "-pk").values_list("pk", flat=True).first()
    return Edition.objects.filter(pk__in=[newest])


@contextmanager
def _nothing_changed() -> Iterator[None]:
    """What could not be read becomes a refusal that says what came of it: nothing."""
    try:
        yield
    except ParseError as problem:
        raise Refused("not_readable", f"Nothing was changed: {problem}") from problem


def _import(
    actor: Actor,
    bundle: Bundle,
    source: Source,
    *,
    at: datetime,
    dated: date | None,
    accept_shrink: bool,
    tell: Callable[[str, int], None] | None,
) -> Imported:
    newest = Edition.objects.filter(source=source.KEY, name=bundle.path.name).order_by("-loaded_at", "-pk").first()
    if newest is not None and newest.sha256 == bundle.sha256:
        return Imported(
            source.KEY, source.TITLE, bundle.path.name, newest.dated, newest.unread, is_same=True, changes=[]
        )
    faults = Faults()
    edition = Edition.objects.create(
        source=source.KEY,
        dated=dated or _edition(source, bundle, today=actor.day(at)),
        name=bundle.path.name[:200],
        sha256=bundle.sha256,
        loaded_at=at,
        rows=0,
    )
    on = edition.dated or actor.day(at)
    rows = source.rows(bundle, faults)

    def told(count: int) -> None:
        if tell is not None:
            tell(source.TITLE, count)

    joined: list[Joined] = []
    if source.KEY == fda_ndc.KEY:
        changes, joined = directory.load(rows, edition_id=edition.pk, on=on, faults=faults, tell=told)
    else:
        changes = lists.load(rows, edition_id=edition.pk, on=on, tell=told)
    if not any(c.rows for c in changes):
        raise ParseError("list", where=bundle.path.name, expected="rows that can be read", got="none")
    _hold(changes, accept_shrink=accept_shrink)
    edition.rows, edition.unread = sum(c.rows for c in changes), faults.count
    edition.faults = [asdict(f) for f in faults.first]
    edition.save(update_fields=["rows", "unread", "faults"])
    after = {c.name: {"added": c.added, "changed": c.changed, "ended": c.ended} for c in changes}
    audit.record(actor, IMPORTED, at=at, after={"source": source.KEY, "sha256": bundle.sha256, **after})
    for one in joined:
        _record_joined(actor, one, at=at)
    told_of = (source.KEY, source.TITLE, bundle.path.name, edition.dated, faults.count)
    return Imported(*told_of, is_same=False, changes=changes, joined=len(joined))


def _record_joined(actor: Actor, one: Joined, *, at: datetime) -> None:
    after = {"medicine": str(one.kept), "products": one.products, **one.pointed}
    audit.record(actor, JOINED, at=at, on=one.kept, before={"medicine": one.gone}, after=after)


def _edition(source: Source, bundle: Bundle, *, today: date) -> date | None:
    """The day of the edition; one that lies ahead is a slip, and would keep the list from ever being stale."""
    told = source.edition(bundle)
    return told if told is not None and told <= today + timedelta(days=1) else None


def _hold(changes: list[Change], *, accept_shrink: bool) -> None:
    """Refuse a load that would end more than a tenth of a table: it is more often a broken file than a true one."""
    shrinking = [c for c in changes if c.shrinks]
    if shrinking and not accept_shrink:
        what = "; ".join(f"{c.ended:,} of {c.before:,} {c.name} rows would end" for c in shrinking)
        raise Refused("shrinks", f"Nothing was changed: {what}. If the list is right, import it with --accept-shrink.")


@command
def load_starter(actor: Actor, *, at: datetime) -> int:
    """Bring the starter list into the drug file; what is there already stays as it is. Gives the number of packages in the list."""
    actor.must(acts.MANAGE_STAFF, at=at)
    rows = starter.packages()
    have = set(Package.objects.values_list("ndc12", flat=True))
    ingredients = _ingredients()
    # Of two rows of the same words the house's own: what the directory calls so is not ours to add to.
    drugs = {(d.generic_name, d.strength, d.form): d for d in Drug.objects.order_by("is_house", "-pk")}
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
