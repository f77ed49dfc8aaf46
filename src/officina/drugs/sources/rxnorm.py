"""RxNorm's prescribable content: RXNCONSO, RXNREL and RXNSAT in RRF (NLM, RxNorm Technical Documentation, section 12).

Beside RxNorm's own rows RXNSAT holds those of the structured product labels (MTHSPL): imprint, color, shape and size are read of them.
"""

import sys
from collections.abc import Iterator
from contextlib import suppress
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
_LOOKS = {"IMPRINT_CODE": "imprint", "COLORTEXT": "color", "SHAPETEXT": "shape", "SIZE": "size"}
"""Attributes of a label's entry that tell how the tablet looks."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LookRow:
    """How what is in a package looks, as its label tells."""

    HISTORY: ClassVar[bool] = False

    ndc12: str
    imprint: str
    color: str
    shape: str
    size: str

    @property
    def key(self) -> str:
        """The package."""
        return self.ndc12


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


def rows(bundle: Bundle, faults: Faults) -> Iterator[ConceptRow | RelationRow | NdcLinkRow | LookRow]:
    """Names, relations and NDCs of RxNorm itself, and what labels tell of a tablet's looks; the rest of other vocabularies is left out."""
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


def _links(bundle: Bundle, faults: Faults) -> Iterator[NdcLinkRow | LookRow]:
    looks = _Looks()
    for number, f in lines_without_header(bundle.named("rxnsat.rrf"), _SAT, faults):
        if f[9] == "MTHSPL":
            looks.take(f[3], f[8], f[10].strip())
        if f[8] == "NDC" and f[9] == "RXNORM" and f[11] in {"N", ""}:
            try:
                yield NdcLinkRow(ndc12=Ndc.parse(f[10]).digits12, rxcui=f[0])
            except ParseError as problem:
                faults.add(number, str(problem), f[10])
    yield from looks.rows()


class _Looks:
    """The rows of labels by label entry (RXAUI): its packages and how it looks stand in rows of their own, in any order."""

    def __init__(self) -> None:
        self._told: dict[str, dict[str, str]] = {}
        self._packages: dict[str, list[str]] = {}

    def take(self, entry: str, name: str, value: str) -> None:
        if name == "NDC":
            self._packages.setdefault(entry, []).append(value)
        elif name in _LOOKS and value:
            # Names repeat from row to row: one of each is kept.
            self._told.setdefault(entry, {}).setdefault(_LOOKS[name], sys.intern(value[:80]))

    def rows(self) -> Iterator[LookRow]:
        """One row a package; none for a package in which two things look different, such as a pack of two tablets."""
        found: dict[str, set[LookRow]] = {}
        for entry, told in self._told.items():
            for code in self._packages.get(entry, ()):
                with suppress(ParseError):  # Labels name veterinary and foreign codes, too.
                    ndc12 = Ndc.parse(code).digits12
                    blank = dict.fromkeys(_LOOKS.values(), "")
                    found.setdefault(ndc12, set()).add(LookRow(ndc12=ndc12, **{**blank, **told}))
        for rows in found.values():
            if len(rows) == 1:
                yield from rows
