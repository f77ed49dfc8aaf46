"""The Orange Book: approved products with their therapeutic equivalence codes, patents, exclusivity (FDA, Orange Book Data Files)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from officina.drugs.sources.files import Bundle, Member
from officina.drugs.sources.shape import Faults
from officina.drugs.sources.tables import Layout, day, is_table, lines
from officina.kernel.errors import ParseError

KEY: str = "orange-book"
TITLE: str = "FDA Orange Book"

PRODUCTS = Layout(
    (
        "Ingredient",
        "DF;Route",
        "Trade_Name",
        "Applicant",
        "Strength",
        "Appl_Type",
        "Appl_No",
        "Product_No",
        "TE_Code",
        "Approval_Date",
        "RLD",
        "RS",
        "Type",
        "Applicant_Full_Name",
    ),
    "~",
)
PATENTS = Layout(
    (
        "Appl_Type",
        "Appl_No",
        "Product_No",
        "Patent_No",
        "Patent_Expire_Date_Text",
        "Drug_Substance_Flag",
        "Drug_Product_Flag",
        "Patent_Use_Code",
        "Delist_Flag",
        "Submission_Date",
    ),
    "~",
    open_end=True,
)
EXCLUSIVITY = Layout(("Appl_Type", "Appl_No", "Product_No", "Exclusivity_Code", "Exclusivity_Date"), "~", open_end=True)
_BEFORE_1982 = "Approved Prior to Jan 1, 1982"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRow:
    """One approved product of one application."""

    HISTORY: ClassVar[bool] = False

    application: str
    """As the NDC directory writes it: NDA020538, ANDA201675."""
    product_number: str
    ingredient: str
    form: str
    route: str
    trade_name: str
    applicant: str
    strength: str
    te_code: str
    """Three characters where numbered: AB1 and AB2 are not interchangeable."""
    approved_on: date | None
    """None for those approved before 1982, whose day the book does not give."""
    is_reference: bool
    is_standard: bool
    market: str
    """RX, OTC or DISCN."""

    @property
    def key(self) -> str:
        """Application and product; one product may stand under several TE codes or forms."""
        return f"{self.application} {self.product_number} {self.form} {self.route} {self.te_code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatentRow:
    """A patent that stands against generics of a product."""

    HISTORY: ClassVar[bool] = False

    application: str
    product_number: str
    patent: str
    expires_on: date | None
    use_code: str
    is_substance: bool
    is_product: bool

    @property
    def key(self) -> str:
        """Product, patent and use; a patent may be listed for several uses."""
        return f"{self.application} {self.product_number} {self.patent} {self.use_code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusivityRow:
    """A time in which no generic is approved."""

    HISTORY: ClassVar[bool] = False

    application: str
    product_number: str
    code: str
    ends_on: date | None

    @property
    def key(self) -> str:
        """Product, code and last day: one code may be granted twice."""
        return f"{self.application} {self.product_number} {self.code} {self.ends_on}"


def _found(bundle: Bundle, layout: Layout) -> Member | None:
    return next((m for m in bundle.members if is_table(m, layout)), None)


def tells(bundle: Bundle) -> bool:
    """Known by the header of any of its three files."""
    return any(_found(bundle, layout) for layout in (PRODUCTS, PATENTS, EXCLUSIVITY))


def edition(bundle: Bundle) -> date | None:
    """The day on which the zip was packed."""
    return next((m.dated for m in bundle.members if m.dated), None)


def rows(bundle: Bundle, faults: Faults) -> Iterator[ApprovalRow | PatentRow | ExclusivityRow]:
    """The rows of the files that were given; each once."""
    seen: set[tuple[type, str]] = set()
    parts = (
        (PRODUCTS, "products.txt", _approval), (PATENTS, "patent.txt", _patent), (EXCLUSIVITY, "exclusivity.txt", _exclusivity)
    )  # fmt: skip
    for layout, name, read in parts:
        member = _found(bundle, layout)
        spoilt = None if member else bundle.named(name)
        if spoilt:
            # Left out quietly, its table would go on with the rows of an older month.
            raise ParseError("Orange Book", where=name, expected="the columns as published", got=spoilt.head()[:60])
        for number, fields in lines(member, layout, faults) if member else ():
            try:
                row = read(fields)
            except ParseError as problem:
                faults.add(number, str(problem), "~".join(fields))
                continue
            if (type(row), row.key) not in seen:
                seen.add((type(row), row.key))
                yield row


def _application(kind: str, number: str) -> str:
    if kind not in {"A", "N"}:
        raise ParseError("application type", expected="A or N", got=kind)
    return f"{'ANDA' if kind == 'A' else 'NDA'}{number}"


def _approval(f: list[str]) -> ApprovalRow:
    form, _, route = f[1].partition(";")
    return ApprovalRow(
        application=_application(f[5], f[6]),
        product_number=f[7],
        ingredient=f[0],
        form=form.strip(),
        route=route.strip(),
        trade_name=f[2],
        applicant=f[13] or f[3],
        strength=f[4],
        te_code=f[8],
        approved_on=None if f[9] == _BEFORE_1982 else day(f[9], "%b %d, %Y"),
        is_reference=f[10] == "Yes",
        is_standard=f[11] == "Yes",
        market=f[12],
    )


def _patent(f: list[str]) -> PatentRow:
    return PatentRow(
        application=_application(f[0], f[1]),
        product_number=f[2],
        patent=f[3],
        expires_on=day(f[4], "%b %d, %Y"),
        use_code=f[7],
        is_substance=f[5] == "Y",
        is_product=f[6] == "Y",
    )


def _exclusivity(f: list[str]) -> ExclusivityRow:
    return ExclusivityRow(
        application=_application(f[0], f[1]), product_number=f[2], code=f[3], ends_on=day(f[4], "%b %d, %Y")
    )
