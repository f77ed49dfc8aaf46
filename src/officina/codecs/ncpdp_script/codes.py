"""NCI Thesaurus codes as SCRIPT uses them, in the words of the counter.

>>> word("quantity_units", "C48542"), word("strength_units", "C28253"), word("quantity_units", "C28253")
('tablet', 'mg', None)
>>> code_of("quantity_units", "mL")
'C28254'
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from officina.kernel import packs

Table = Literal["quantity_units", "strength_units", "dose_units", "strength_forms", "dea_schedules", "reasons"]


@dataclass(frozen=True, slots=True)
class Row:
    """One code: `name` as NCI publishes it, `word` as the house says it (empty: the code says nothing)."""

    code: str
    name: str
    word: str


@cache
def table(name: Table) -> dict[str, Row]:
    """A table by code (standards: NCI Thesaurus, NCPDP subsets)."""
    pack = packs.load(Path(__file__).parent / "tables" / f"{name}.toml", Row)
    return {row.code: row for row in pack.rows}


def word(name: Table, code: str) -> str | None:
    """What the code says in the house's word; None where the table does not hold it."""
    row = table(name).get(code)
    return None if row is None else row.word


def code_of(name: Table, said: str) -> str | None:
    """The code for a house word; None where the table has no such word."""
    return next((row.code for row in table(name).values() if row.word == said), None)
