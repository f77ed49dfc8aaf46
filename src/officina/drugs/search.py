"""Searching the drug file: one index in memory, made of its tables, so that every database finds the same in the same order."""

import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from django.db import connection

from officina.drugs.models import Drug, LookAlike, Package, Product, RxName, RxNdc, RxRelation
from officina.drugs.particulars import apart
from officina.drugs.rules import codes, grouping, look_alikes, shorthand
from officina.drugs.rules.finding import NOTHING_USED, Entry, Index, Match, Repair, Understood, Used, form_words
from officina.drugs.rules.schedules import strictest

_HOUSE, _RX, _OTC = 1_000_000, 8, 1
_BRANDS = 6
_NAMED = ("IN", "PIN", "MIN", "BN")
"""Kinds of RxNorm names that are no clinical drug: an ingredient, several, a brand."""
_MOST_OF_A_NAME = 20
_KIND = {"HUMAN PRESCRIPTION DRUG": _RX, "": _RX, "HUMAN OTC DRUG": _OTC}


@dataclass(frozen=True, slots=True)
class Listing:
    """A row of the drug file under a clinical drug: as the house or as the directory names it."""

    drug_id: int
    name: str
    strength: str
    form: str
    products: int
    """How many are sold now."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A clinical drug that was found, with the rows under which the drug file keeps it, the house's own first."""

    listings: tuple[Listing, ...]
    schedule: int
    brands: tuple[str, ...]
    ended: bool
    """No product of it is sold any more, as far as the drug file knows."""
    dispensed: int = 0
    """How often it was dispensed here lately, as the caller told."""
    package_id: int | None = None
    """The very package, where a code named one."""
    unlike: tuple[str, ...] = ()
    """Names in the same list with which this one is mistaken."""

    @property
    def drug_id(self) -> int:
        """The row to go on with."""
        return self.listings[0].drug_id

    @property
    def generic_name(self) -> str:
        return self.listings[0].name

    @property
    def strength(self) -> str:
        return self.listings[0].strength

    @property
    def form(self) -> str:
        return self.listings[0].form

    def __str__(self) -> str:
        return f"{self.generic_name} {self.strength} {self.form}"


@dataclass(frozen=True, slots=True)
class DidYouMean:
    """A text that may have been meant, and what it finds. Never taken by itself: two drugs may be one letter apart."""

    text: str
    instead_of: str
    meant: str
    hits: list[Hit]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to. `did_you_mean` speaks only where nothing fits what was typed."""

    hits: list[Hit] = field(default_factory=list)
    did_you_mean: list[DidYouMean] = field(default_factory=list)
    understood: list[Understood] = field(default_factory=list)
    note: str = ""
    """Why a code of no package here is kept apart by the FDA."""

    @property
    def shown(self) -> list[Hit]:
        """All that is shown, in order: what was found, else what the proposals would find."""
        return self.hits or [hit for proposal in self.did_you_mean for hit in proposal.hits]


_Kept = tuple[tuple[tuple[int, str, str, str, int], ...], int, tuple[str, ...], bool]
"""What is kept of each clinical drug, as plain tuples: objects would weigh three times as much."""


@dataclass(frozen=True, slots=True)
class _Held:
    stamp: tuple[int, ...]
    index: Index
    kept: Sequence[_Kept]
    place_of: Mapping[int, int]
    """By drug."""
    by_rxcui: Mapping[str, Collection[int]]
    unlike: Mapping[str, Collection[str]]
    """Names that are mistaken, of the lists that were brought in."""
    ready: dict[int, tuple[object, Used]] = field(default_factory=dict)
    """What was made ready of the counts of a site, by the identity of the mapping, which is kept beside it so that it stays its own."""
    mistaken: dict[int, tuple[object, Mapping[str, Collection[str]]]] = field(default_factory=dict)
    """The names that are mistaken with those of a caller, likewise."""

    def used(self, used: Mapping[int, int] | None) -> Used:
        """How often each clinical drug was dispensed; made once for as long as the caller brings the same mapping."""
        if not used:
            return NOTHING_USED
        return _once(self.ready, used, lambda: self._used(used))

    def _used(self, used: Mapping[int, int]) -> Used:
        counts: Counter[int] = Counter()
        for drug, count in used.items():
            if drug in self.place_of:
                counts[self.place_of[drug]] += count
        return self.index.used(counts)

    def told_apart(self, unlike: Mapping[str, Collection[str]] | None) -> Mapping[str, Collection[str]]:
        """The names that are mistaken, by the caller's list and by those that were brought in: neither takes from the other."""
        if not unlike:
            return self.unlike
        both = {*self.unlike, *unlike}
        return _once(
            self.mistaken,
            unlike,
            lambda: {name: {*self.unlike.get(name, ()), *unlike.get(name, ())} for name in both},
        )

    def hit(self, place: int, *, dispensed: int = 0, package_id: int | None = None) -> Hit:
        listings, schedule, brands, ended = self.kept[place]
        rows = tuple(Listing(*row) for row in listings)
        return Hit(rows, schedule, brands, ended, dispensed, package_id)


_T = TypeVar("_T")
_MOST_READY = 16


def _once(kept: dict[int, tuple[object, _T]], of: object, make: Callable[[], _T]) -> _T:
    """What was made of this very object, made where it was not. The object must not be changed afterwards."""
    known = kept.get(id(of))
    if known is None or known[0] is not of:
        if len(kept) >= _MOST_READY:
            kept.clear()
        known = kept[id(of)] = (of, make())
    return known[1]


_held: dict[str, _Held] = {}
_building = threading.Lock()


def search(
    text: str,
    *,
    used: Mapping[int, int] | None = None,
    among: Collection[int] | None = None,
    unlike: Mapping[str, Collection[str]] | None = None,
    limit: int = 20,
) -> Found:
    """Clinical drugs by code, or by words in any order: nearest first, then the most used here. One to three statements.

    `used` tells how often each drug was dispensed here; `among` leaves only these drugs; `unlike` are names that are mistaken, by name.
    """
    held = index()
    text = text.replace("\x00", " ")[: shorthand.LONGEST].strip()
    ready, mistaken = held.used(used), held.told_apart(unlike)
    places = None if among is None else {held.place_of[drug] for drug in among if drug in held.place_of}
    by_code = _by_code(held, text, places)
    if by_code is not None:
        return _marked(by_code, mistaken)
    asked = shorthand.tokens(text)
    understood = held.index.understood(asked)
    matches = held.index.find(asked, used=ready, most=limit, among=places)
    if matches:
        return _marked(Found(_hits(held, matches, ready), understood=understood), mistaken)
    repairs = held.index.repairs(asked, used=ready, most=limit, among=places)
    return _marked(Found([], [_proposal(held, repair, ready) for repair in repairs], understood), mistaken)


def _marked(found: Found, unlike: Mapping[str, Collection[str]]) -> Found:
    """The same with a mark on whatever is mistaken for another that stands in the list with it."""
    names = [_words([hit.generic_name]) for hit in found.shown]
    told = look_alikes.marks(names, unlike, [_words(hit.brands[:2]) for hit in found.shown])
    marked = iter([replace(hit, unlike=names) for hit, names in zip(found.shown, told, strict=True)])
    if found.hits:
        return replace(found, hits=list(marked))
    return replace(found, did_you_mean=[replace(d, hits=[next(marked) for _ in d.hits]) for d in found.did_you_mean])


def _words(names: Iterable[str]) -> set[str]:
    return {word for name in names for word in shorthand.words(name) if word.isalpha()}


def index() -> _Held:
    """The index of the drug file as it stands, built anew where an edition or a medicine came since. One statement where not."""
    stamp = _stamp()
    key = str(connection.settings_dict["NAME"])
    held = _held.get(key)
    if held is not None and held.stamp == stamp:
        return held
    # While one builds, the others go on with what was there; only the very first must wait.
    if not _building.acquire(blocking=held is None):
        assert held is not None
        return held
    try:
        held = _held.get(key)
        if held is None or held.stamp != stamp:
            held = _held[key] = _build(stamp)
        return held
    finally:
        _building.release()


def forget() -> None:
    """Drop the index: for a process whose database was put back to what it was."""
    _held.clear()


def _stamp() -> tuple[int, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT COALESCE(MAX(id), 0) FROM drugs_edition), (SELECT COALESCE(MAX(id), 0) FROM drugs_drug),"
            " (SELECT COALESCE(MAX(id), 0) FROM drugs_product), (SELECT COALESCE(MIN(id), 0) FROM drugs_drug)"
        )
        return tuple(cursor.fetchone())


class _Sold:
    """What is sold of one row of the drug file."""

    __slots__ = ("brands", "live", "products", "weight")

    def __init__(self) -> None:
        self.products = self.live = self.weight = 0
        self.brands: Counter[str] = Counter()


def _build(stamp: tuple[int, ...]) -> _Held:
    sold: defaultdict[int, _Sold] = defaultdict(_Sold)
    rows = Product.objects.values_list("drug_id", "brand_name", "kind", "ended_on", "excluded").order_by("id")
    for drug_id, brand, kind, ended_on, excluded in rows.iterator(chunk_size=5_000):
        one = sold[drug_id]
        one.products += 1
        if brand:
            one.brands[sys.intern(brand)] += 1
        if ended_on is None and not excluded:
            one.live += 1
            one.weight += _KIND.get(kind, 0)
    groups, by_rxcui = _groups()
    place_of = {row[0]: place for place, rows_of in enumerate(groups) for row in rows_of}
    kept: list[_Kept] = []

    def entries() -> Iterator[Entry]:
        for rows_of in groups:
            entry, facts = _made(rows_of, sold)
            kept.append(facts)
            yield entry

    return _Held(stamp, Index(entries()), kept, place_of, by_rxcui, _unlike())


def _unlike() -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name, other in LookAlike.objects.filter(ended_on=None).exclude(other="").values_list("tall_man", "other"):
        found[name.lower()].add(other.lower())
    return dict(found)


_Row = tuple[int, str, str, str, str, int, str, bool]


def _groups() -> tuple[list[list[_Row]], dict[str, list[int]]]:
    """The rows of the drug file by clinical drug, the house's own first; and the drugs of each RxNorm code."""
    shapes: defaultdict[grouping.Shape, list[_Row]] = defaultdict(list)
    by_rxcui: defaultdict[str, list[int]] = defaultdict(list)
    rows = Drug.objects.order_by("id").values_list(
        "id", "generic_name", "strength", "form", "route", "schedule", "rxcui", "is_house"
    )
    for row in rows.iterator(chunk_size=5_000):
        pk, name, strength, form, route, _, rxcui, is_house = row
        shapes[grouping.shape_of(name, strength, form, route, is_house=is_house)].append(row)
        if rxcui:
            by_rxcui[rxcui].append(pk)
    groups = []
    for same in shapes.values():
        names = [grouping.full_name(row[1], is_house=row[7]) for row in same]
        if grouping.grouped(names):
            groups.append(same)
        else:
            parted: defaultdict[tuple[str, ...], list[_Row]] = defaultdict(list)
            for full, row in zip(names, same, strict=True):
                parted[full].append(row)
            groups += parted.values()
    return groups, dict(by_rxcui)


def _made(rows: list[_Row], sold: Mapping[int, _Sold]) -> tuple[Entry, _Kept]:
    none = _Sold()
    rows = sorted(rows, key=lambda row: (not row[7], -sold.get(row[0], none).weight, row[0]))
    brands: Counter[str] = Counter()
    for row in rows:
        brands.update(sold.get(row[0], none).brands)
    live = sum(sold.get(row[0], none).live for row in rows)
    weight = sum(sold.get(row[0], none).weight for row in rows)
    is_house = rows[0][7]
    names = _names(rows)
    plain = {word for name in names for word in name}
    entry = Entry(
        names=names,
        brands=frozenset(word for brand in brands for word in shorthand.words(brand)) - plain,
        facts=_facts(rows),
        weight=(_HOUSE if is_house else 0) + weight if live else -1,
    )
    listings = tuple((r[0], r[1], r[2], r[3], sold.get(r[0], none).live) for r in rows)
    usual = _usual(brands, plain)
    return entry, (listings, strictest(*(row[5] for row in rows)), usual, not live)


def _facts(rows: list[_Row]) -> frozenset[str]:
    """Form, route and strength, as the first row writes them and as the others do: by those numbers it is found, but later."""
    found = set(shorthand.strength_words(rows[0][2]))
    for row in rows[1:]:
        found.update(w.replace("#", "^") for w in shorthand.strength_words(row[2]) if w not in found)
    return frozenset(found.union(*(form_words(row[3], row[4]) for row in rows)))


def _usual(brands: Counter[str], plain: set[str]) -> tuple[str, ...]:
    """The brands by how many products bear them; what is only the generic name again is none."""
    named: dict[str, str] = {}
    for brand, _ in sorted(brands.items(), key=lambda b: (-b[1], b[0])):
        if len(named) < _BRANDS and not plain.issuperset(shorthand.words(brand)):
            named.setdefault(brand.casefold(), brand)
    return tuple(named.values())


def _names(rows: list[_Row]) -> tuple[tuple[str, ...], ...]:
    """The words of each ingredient, as the first row puts them, with the salts that the others name."""
    by_base: dict[str, dict[str, None]] = {}
    for _, name, _, _, _, _, _, is_house in rows:
        for part in grouping.ingredients(name, is_house=is_house):
            base = grouping.base_of(part)
            by_base.setdefault(base, {}).update(dict.fromkeys(shorthand.words(part)))
    return tuple(tuple(words) for words in by_base.values())


def _hits(held: _Held, matches: Iterable[Match], used: Used) -> list[Hit]:
    return [held.hit(m.place, dispensed=used.counts.get(m.place, 0)) for m in matches]


def _proposal(held: _Held, repair: Repair, used: Used) -> DidYouMean:
    return DidYouMean(repair.text, repair.instead_of, repair.meant, _hits(held, repair.matches, used))


def _by_code(held: _Held, text: str, places: Collection[int] | None) -> Found | None:
    """The drugs of a code; None where the text is none. A code that no package carries finds nothing, unless it may be words."""
    code = codes.read(text)
    if code is None:
        return None
    packages = Package.objects.order_by("id").values_list("product__drug_id", "id")
    drugs: list[tuple[int, int | None]]
    if code.kind == "GTIN":
        drugs = list(packages.filter(gtin__in=code.values))
    elif code.kind == "NDC":
        drugs = list(packages.filter(ndc12__in=code.values))
    elif code.kind == "NDC of a product":
        products = Product.objects.filter(product_ndc__in=code.values).order_by("id")
        drugs = [(pk, None) for pk in products.values_list("drug_id", flat=True)]
    else:
        drugs = _by_rxcui(held, code.values)
    hits: dict[int, Hit] = {}
    for drug_id, package_id in drugs:
        place = held.place_of.get(drug_id)
        if place is not None and (places is None or place in places):
            hits.setdefault(place, held.hit(place, package_id=package_id))
    if not hits and code.may_be_words:
        return None
    if not hits and code.kind == "RxCUI":
        return _by_rxnorm_name(held, text, code.values, places)
    note = apart(code.values) if not hits and code.kind == "NDC" else ""
    return Found(list(hits.values()), understood=[Understood(text, code.kind, code.values[0])], note=note)


def _by_rxcui(held: _Held, rxcuis: Sequence[str]) -> list[tuple[int, int | None]]:
    """The drugs of a clinical drug's concept: those that carry it, those whose packages do, those of the generic that a brand is of."""
    if found := _carrying(held, rxcuis) or _by_rxnorm(rxcuis):
        return found
    of_brand = RxRelation.objects.filter(subject__in=rxcuis, relation="tradename_of", ended_on=None)
    generics = list(of_brand.order_by("target").values_list("target", flat=True))
    return _carrying(held, generics) or _by_rxnorm(generics)


def _carrying(held: _Held, rxcuis: Sequence[str]) -> list[tuple[int, int | None]]:
    return [(pk, None) for rxcui in rxcuis for pk in held.by_rxcui.get(rxcui, ())]


def _by_rxnorm_name(held: _Held, text: str, rxcuis: Sequence[str], places: Collection[int] | None) -> Found:
    """What bears the name of an ingredient or a brand whose code was typed."""
    names = RxName.objects.filter(rxcui__in=rxcuis, tty__in=_NAMED, ended_on=None).order_by("id")
    name = names.values_list("name", flat=True).first() or ""
    matches = held.index.find(shorthand.tokens(name), most=_MOST_OF_A_NAME, among=places) if name else []
    return Found(_hits(held, matches, NOTHING_USED), understood=[Understood(text, "RxCUI", name or rxcuis[0])])


def _by_rxnorm(rxcuis: Sequence[str]) -> list[tuple[int, int | None]]:
    of = RxNdc.objects.filter(rxcui__in=rxcuis, ended_on=None).values("ndc12")
    found = Package.objects.filter(ndc12__in=of).order_by("id").values_list("product__drug_id", flat=True)
    return [(pk, None) for pk in dict.fromkeys(found)]
