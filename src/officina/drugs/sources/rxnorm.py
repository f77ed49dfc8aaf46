"""RxNorm's prescribable content: RXNCONSO, RXNREL and RXNSAT in RRF (NLM, RxNorm Technical Documentation, section 12)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from officina.drugs.sources.files import Bundle
from officina.drugs.sources.shape import Faults
from officina.drugs.sources.tables import Layout, lines_without_header
from officina.kernel.errors import ParseError
from officina.kernel.ids.ndc import Ndc

KEY: str = "rxnorm"
TITLE: str = "RxNorm prescribable content"

_CONSO = Layout(
    (
        "RXCUI",
        "LAT",
        "TS",
        "LUI",
        "STT",
        "SUI",
        "ISPREF",
        "RXAUI",
        "SAUI",
        "SCUI",
        "SDUI",
        "SAB",
        "TTY",
        "CODE",
        "STR",
        "SRL",
        "SUPPRESS",
        "CVF",
        "END",
    ),
    "|",
)
_REL = Layout(
    (
        "RXCUI1",
        "RXAUI1",
        "STYPE1",
        "REL",
        "RXCUI2",
        "RXAUI2",
        "STYPE2",
        "RELA",
        "RUI",
        "SRUI",
        "SAB",
        "SL",
        "DIR",
        "RG",
        "SUPPRESS",
        "CVF",
        "END",
    ),
    "|",
)
_SAT = Layout(
    ("RXCUI", "LUI", "SUI", "RXAUI", "STYPE", "CODE", "ATUI", "SATUI", "ATN", "SAB", "ATV", "SUPPRESS", "CVF", "END"),
    "|",
)
_TTYS = frozenset(
    ["IN", "PIN", "MIN", "SCD", "SBD", "GPCK", "BPCK", "SCDC", "SBDC", "SCDF", "SBDF", "BN", "DF", "DFG", "PSN", "TMSY"]
)
_RELAS = frozenset(
    [
        "tradename_of",
        "consists_of",
        "has_ingredient",
        "has_precise_ingredient",
        "has_ingredients",
        "contains",
        "has_dose_form",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConceptRow:
    """One name of a concept: ingredient, brand, dose form, clinical drug, prescribable name or tall-man writing."""

    HISTORY: ClassVar[bool] = False

    rxcui: str
    tty: str
    name: str
    suppressed: bool

    @property
    def key(self) -> str:
        """Concept and kind of name; a concept may carry several names of a kind."""
        return f"{self.rxcui} {self.tty} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationRow:
    """`subject` `relation` `target`: the file writes the subject second (RXCUI2 RELA RXCUI1)."""

    HISTORY: ClassVar[bool] = False

    subject: str
    relation: str
    target: str

    @property
    def key(self) -> str:
        """All three."""
        return f"{self.subject} {self.relation} {self.target}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NdcLinkRow:
    """A package and its clinical drug. RxNorm drops old NDCs: the link is then ended, and stays known."""

    HISTORY: ClassVar[bool] = False

    ndc12: str
    rxcui: str

    @property
    def key(self) -> str:
        """Both: an NDC that is given to another drug is another link."""
        return f"{self.ndc12} {self.rxcui}"


def tells(bundle: Bundle) -> bool:
    """Known by the shape of RXNCONSO: eighteen columns, the second a language, the twelfth a source."""
    member = bundle.named("rxnconso.rrf")
    if member is None:
        return False
    first = member.head().split(b"\n", 1)[0].split(b"|")
    return len(first) == len(_CONSO.header) and first[1] == b"ENG"


def edition(bundle: Bundle) -> date | None:
    """The day on which the release was packed."""
    member = bundle.named("rxnconso.rrf")
    return member.dated if member else None


def rows(bundle: Bundle, faults: Faults) -> Iterator[ConceptRow | RelationRow | NdcLinkRow]:
    """Names, relations and NDCs of RxNorm itself; those of other vocabularies are left out."""
    parts = ((_concepts, "rxnconso.rrf"), (_relations, "rxnrel.rrf"), (_links, "rxnsat.rrf"))
    for read, name in parts:
        row = None
        for row in read(bundle, faults):
            yield row
        if row is None and bundle.named(name):
            # Columns that moved look like rows of another vocabulary.
            raise ParseError("RxNorm release", where=name, expected="rows of RxNorm itself", got="none")


def _concepts(bundle: Bundle, faults: Faults) -> Iterator[ConceptRow]:
    for _, f in lines_without_header(bundle.named("rxnconso.rrf"), _CONSO, faults):
        if f[11] == "RXNORM" and f[12] in _TTYS:
            yield ConceptRow(rxcui=f[0], tty=f[12], name=f[14], suppressed=f[16] not in {"N", ""})


def _relations(bundle: Bundle, faults: Faults) -> Iterator[RelationRow]:
    for _, f in lines_without_header(bundle.named("rxnrel.rrf"), _REL, faults):
        if f[10] == "RXNORM" and f[7] in _RELAS and f[0] and f[4]:
            yield RelationRow(subject=f[4], relation=f[7], target=f[0])


def _links(bundle: Bundle, faults: Faults) -> Iterator[NdcLinkRow]:
    for number, f in lines_without_header(bundle.named("rxnsat.rrf"), _SAT, faults):
        if f[8] == "NDC" and f[9] == "RXNORM" and f[11] in {"N", ""}:
            try:
                yield NdcLinkRow(ndc12=Ndc.parse(f[10]).digits12, rxcui=f[0])
            except ParseError as problem:
                faults.add(number, str(problem), f[10])
