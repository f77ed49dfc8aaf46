"""What may be dispensed for what was written: the same approved product, or one of the very same equivalence code.

The book gives advice to the states, and a state may allow less; it never makes two products equivalent that a code does not. Nothing
is inferred: what has no code, or whose row is not known, stands for nothing but itself.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path

from officina.drugs.rules.approvals import Approved, Unmatched, plain_form
from officina.drugs.rules.clinical import base_keys
from officina.drugs.rules.grouping import amounts
from officina.kernel import packs
from officina.kernel.errors import ParseError

DAW = {
    0: "No product selection indicated",
    1: "Substitution not allowed by the prescriber",
    2: "Substitution allowed, the patient asked for the brand",
    3: "Substitution allowed, the pharmacist chose the product",
    4: "Substitution allowed, the generic is not in stock",
    5: "Substitution allowed, the brand is dispensed as a generic",
    6: "Override",
    7: "Substitution not allowed, the brand is mandated by law",
    8: "Substitution allowed, the generic is not in the market",
    9: "Substitution allowed by the prescriber, the plan asked for the brand",
}
"""Product selection codes (NCPDP 408-D8)."""
_AS_WRITTEN_ONLY = {1: "dispense as written was asked", 7: "the law asks for the brand"}
_BRAND_ONLY = {2: "the patient asked for the brand", 9: "the plan asked for the brand"}
_NO_NAME = frozenset(["extended", "release", "extended-release", "er", "tablets", "capsules", "usp", "and"])
_NOT_APPROVED = ("UNAPPROVED", "OTC MONOGRAPH", "BULK", "DIETARY", "COSMETIC")


class Reason(StrEnum):
    """Why something may be dispensed, or not. Files and messages say it by these words."""

    AS_WRITTEN = "as written"
    SAME_PRODUCT = "same approved product"
    SAME_CODE = "same code"
    INGREDIENT = "other ingredient"
    STRENGTH = "other strength"
    FORM = "other form"
    ROUTE = "other route"
    UNAPPROVED = "not approved"
    BIOLOGICAL = "biological"
    UNKNOWN = "not known"
    WITHDRAWN = "discontinued"
    NO_CODE = "no code"
    CODE_B = "code B"
    OTHER_CODE = "other code"
    DISPENSE_AS_WRITTEN = "dispense as written"
    BRAND_ASKED = "brand asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """A product as far as substitution goes."""

    key: int
    """What tells two listings apart; the same number is the very same listing."""
    brand_name: str
    generic_name: str
    labeler: str
    substances: tuple[str, ...]
    """With their salts, as listed."""
    strength: str
    form: str
    route: str
    category: str = ""
    """How it is marketed (FDA, MARKETINGCATEGORYNAME): ANDA, NDA AUTHORIZED GENERIC, UNAPPROVED DRUG OTHER …"""
    application: str = ""
    schedule: int = 0
    approved: Approved | Unmatched = Unmatched.NO_APPLICATION

    @property
    def bases(self) -> frozenset[str]:
        """The keys of its ingredients, without salts."""
        return frozenset(base_keys(name)[-1] for name in self.substances)

    @property
    def is_brand(self) -> bool:
        """Whether it is the innovator's product under its brand name: an authorized generic and a branded generic are not."""
        plain = " ".join((self.generic_name, *self.substances)).lower().split()
        return bool({*self.brand_name.lower().split()}.difference(plain, _NO_NAME)) and self.category in {
            "NDA",
            "BLA",
            "",
        }

    @property
    def name(self) -> str:
        """As it is called: the brand, or the generic name."""
        return self.brand_name or self.generic_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrow:
    """An ingredient whose dose is narrow: a change of labeler is told to patient and prescriber."""

    ingredient: str
    release: str = ""
    """Where only such a form is on the list: 'extended release'."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """May it be dispensed for what was written, and why; `cautions` are sentences that go with a yes."""

    may: bool
    reason: Reason
    sentence: str
    cautions: tuple[str, ...] = field(default=())


@cache
def narrow_pack() -> packs.Pack[Narrow]:
    """Ingredients of narrow therapeutic index, as the list ships."""
    return packs.load(Path(__file__).parents[1] / "packs" / "narrow_therapeutic.toml", Narrow)


def is_narrow(sold: Sold) -> bool:
    """Whether a product stands on the list of narrow therapeutic index."""
    form = plain_form(sold.form).replace("-", " ")
    return any(row.ingredient in sold.bases and row.release.upper() in form for row in narrow_pack().rows)


def judge(written: Sold, offered: Sold, *, daw: int = 0) -> Verdict:
    """Whether `offered` may be dispensed where `written` was ordered (Orange Book, preface 1.7; NCPDP 408-D8)."""
    if daw not in DAW:
        raise ParseError("product selection code", expected="0 to 9", got=daw)
    if offered.key == written.key and not (daw in _BRAND_ONLY and not written.is_brand):
        return Verdict(True, Reason.AS_WRITTEN, "What was written.")
    verdict = _equivalence(written, offered)
    if not verdict.may:
        return verdict
    refused = _selection(written, offered, verdict, daw)
    return refused or Verdict(True, verdict.reason, verdict.sentence, tuple(_cautions(written, offered)))


def _no(reason: Reason, sentence: str) -> Verdict:
    return Verdict(False, reason, sentence)


def _equivalence(written: Sold, offered: Sold) -> Verdict:
    other = _other_substance(written, offered)
    if other:
        return other
    ours, theirs = written.approved, offered.approved
    if isinstance(ours, Approved) and isinstance(theirs, Approved) and ours.is_house == theirs.is_house:
        return _by_heading(ours, theirs)
    if _is_one_application(written, offered):
        return Verdict(
            True, Reason.SAME_PRODUCT, f"The same approved product ({written.application}) under another label."
        )
    return _other_as_listed(written, offered) or _unknown(written, offered)


def _other_substance(written: Sold, offered: Sold) -> Verdict | None:
    if written.bases == offered.bases:
        return None
    return _no(Reason.INGREDIENT, f"Other ingredients: {_listing(offered.bases)}, not {_listing(written.bases)}.")


def _by_heading(ours: Approved, theirs: Approved) -> Verdict:
    if ours.application and ours.product_number and _key(ours) == _key(theirs):
        which = f"{ours.application} product {ours.product_number}"
        return Verdict(True, Reason.SAME_PRODUCT, f"The same approved product ({which}) under another label.")
    names = (Reason.INGREDIENT, Reason.FORM, Reason.ROUTE, Reason.STRENGTH)
    for reason, mine, other in zip(names, ours.heading, theirs.heading, strict=True):
        if mine != other:
            return _no(reason, _another(reason, mine, other))
    return _by_code(ours, theirs)


def _by_code(ours: Approved, theirs: Approved) -> Verdict:
    for which, row in (("It", theirs), ("What was written", ours)):
        if not any(code[:1] in {"A", "B"} for code in row.te_codes):
            return _uncoded(which, row)
    shared = sorted(code for code in ours.te_codes & theirs.te_codes if code.startswith("A"))
    if shared:
        return Verdict(True, Reason.SAME_CODE, f"Equivalent: both carry {_listing(shared)}.")
    for which, row in (("It", theirs), ("What was written", ours)):
        if not any(code.startswith("A") for code in row.te_codes):
            codes = _listing(row.te_codes)
            return _no(Reason.CODE_B, f"{which} carries {codes}: by the FDA's data not shown to be equivalent.")
    return _no(
        Reason.OTHER_CODE,
        f"{_listing(theirs.te_codes)} and {_listing(ours.te_codes)} are not equivalent to each other.",
    )


def _uncoded(which: str, row: Approved) -> Verdict:
    if row.is_discontinued:
        return _no(
            Reason.WITHDRAWN, f"{which} stands in the Orange Book as discontinued and carries no equivalence code."
        )
    return _no(Reason.NO_CODE, f"{which} carries no equivalence code: nothing is rated equivalent to it.")


def _is_one_application(written: Sold, offered: Sold) -> bool:
    """Whether both are one product of one application, by what the labelers list; where several rows fit, that is not enough."""
    if not written.application or written.application != offered.application:
        return False
    if Unmatched.SEVERAL in {written.approved, offered.approved} or not written.category.startswith(
        ("NDA", "ANDA", "BLA")
    ):
        return False
    return bool(written.substances) and _as_listed(written) == _as_listed(offered)


def _as_listed(sold: Sold) -> tuple[object, ...]:
    return sorted(sold.substances), amounts(sold.strength), _shape(sold.form), sold.route.upper()


def _other_as_listed(written: Sold, offered: Sold) -> Verdict | None:
    """By what the labelers list alone: first what no rating could mend, then why there is none, then what is worded otherwise."""
    of_house = [sold for sold in (written, offered) if isinstance(sold.approved, Approved) and sold.approved.is_house]
    mend = (
        (Reason.STRENGTH, amounts, written.strength, offered.strength),
        (Reason.INGREDIENT, str.upper, _listing(written.substances), _listing(offered.substances)),
    )
    worded = (
        (Reason.FORM, _shape, plain_form(written.form), plain_form(offered.form)),
        (Reason.ROUTE, str.upper, written.route, offered.route),
    )
    # The house names salts, forms and routes in its own words: by those nothing is told of what the directory lists.
    return (
        _other_words(mend[:1] if of_house else mend)
        or _not_rated(written, offered)
        or _other_words(() if of_house else worded)
    )


def _other_words(pairs: Iterable[tuple[Reason, Callable[[str], object], str, str]]) -> Verdict | None:
    for reason, plain, mine, other in pairs:
        if plain(mine) != plain(other):
            return _no(reason, _another(reason, mine, other))
    return None


def _shape(form: str) -> frozenset[str]:
    return frozenset(plain_form(form).replace("-", " ").replace(",", " ").split())


def _not_rated(written: Sold, offered: Sold) -> Verdict | None:
    for which, sold in (("It", offered), ("What was written", written)):
        if sold.category.startswith(_NOT_APPROVED):
            kind = sold.category.lower()
            return _no(Reason.UNAPPROVED, f"{which} is not an approved drug ({kind}): nobody has rated it equivalent.")
        if sold.category == "BLA":
            said = f"{which} is a biological product: the Purple Book rates those, and it is not in the drug file."
            return _no(Reason.BIOLOGICAL, said)
    return None


def _unknown(written: Sold, offered: Sold) -> Verdict:
    unmatched = [sold for sold in (offered, written) if not isinstance(sold.approved, Approved)]
    of_house = [sold for sold in (offered, written) if isinstance(sold.approved, Approved) and sold.approved.is_house]
    return _no(Reason.UNKNOWN, f"Not known: {_why_unknown((unmatched or of_house)[0])}")


def _why_unknown(sold: Sold) -> str:
    who = f"{sold.name} of {sold.labeler}"
    if isinstance(sold.approved, Approved):
        return f"the code of {who} stands in the house's own list, and not in the Orange Book."
    return {
        Unmatched.NO_APPLICATION: f"{who} is listed without an application.",
        Unmatched.NOT_IN_BOOK: f"{sold.application} of {who} is not in the Orange Book that was loaded.",
        Unmatched.KIT: f"{who} is a kit, and the directory does not list what is in it.",
        Unmatched.NO_ROW: f"no row of {sold.application} in the Orange Book has the strength and form of {who}.",
        Unmatched.SEVERAL: f"several rows of {sold.application} in the Orange Book fit {who}, and they differ.",
    }[sold.approved]


def _selection(written: Sold, offered: Sold, verdict: Verdict, daw: int) -> Verdict | None:
    said = verdict.sentence.rstrip(".")
    if daw in _AS_WRITTEN_ONLY:
        is_written = verdict.reason is Reason.SAME_PRODUCT and offered.brand_name.lower() == written.brand_name.lower()
        if not is_written:
            return _no(Reason.DISPENSE_AS_WRITTEN, f"{said}; but {_AS_WRITTEN_ONLY[daw]} (DAW {daw}).")
    if daw in _BRAND_ONLY and not offered.is_brand:
        return _no(Reason.BRAND_ASKED, f"{said}; but {_BRAND_ONLY[daw]} (DAW {daw}).")
    return None


def _cautions(written: Sold, offered: Sold) -> Iterable[str]:
    if is_narrow(written) and offered.labeler.lower() != written.labeler.lower():
        yield "Narrow therapeutic index: another labeler is told to the patient and the prescriber; some states ask for consent."
    if written.schedule != offered.schedule:
        yield "Listed under another schedule than what was written: find out which is right."


def _key(row: Approved) -> tuple[str, str]:
    return row.application, row.product_number


def _listing(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _another(reason: Reason, mine: str, other: str) -> str:
    """A strength is told as it stands in the book, since M and m are not the same; words are told small."""
    if reason is not Reason.STRENGTH:
        mine, other = mine.lower(), other.lower()
    return f"{reason.capitalize()}: {other.replace(';', '; ')}, not {mine.replace(';', '; ')}."
