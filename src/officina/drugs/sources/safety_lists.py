"""Small lists that are typed from official pages into CSV: schedules, tall-man names, opioid factors.

The DEA publishes its schedules (21 CFR 1308.11 to 1308.15) and the FDA its name differentiation list as pages, the CDC its
conversion factors in a guideline (MMWR 71(3), 2022). So these are our own layouts, told by their columns.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from officina.drugs.sources.fda_ndc import SCHEDULES
from officina.drugs.sources.files import Bundle
from officina.drugs.sources.shape import Faults
from officina.drugs.sources.tables import day, has_columns, records
from officina.kernel.errors import ParseError
from officina.kernel.quantity import D

_PLACES = 5
_STATE = re.compile("[A-Z]{2}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow:
    """The schedule of a substance, or of a mixture joined with "; ", in a jurisdiction from a day on."""

    HISTORY: ClassVar[bool] = True

    jurisdiction: str
    """US, or the two letters of a state that schedules more."""
    substance: str
    schedule: int
    forms: str
    starts_on: date | None

    @property
    def key(self) -> str:
        """Jurisdiction, substance, forms, schedule and day."""
        return f"{self.jurisdiction} {self.substance} {self.forms} {self.schedule} {self.starts_on}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAlikeRow:
    """A name as it is written to be told from another."""

    HISTORY: ClassVar[bool] = False

    tall_man: str
    other: str
    """The name it is confused with; empty where the list gives none."""
    basis: str

    @property
    def key(self) -> str:
        """The pair."""
        return f"{self.tall_man} {self.other}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MorphineFactorRow:
    """What one unit of an opioid a day is in milligrams of oral morphine, by the guideline of a year."""

    HISTORY: ClassVar[bool] = True

    opioid: str
    unit: str
    guideline: str
    factor: Decimal | None
    """None where the guideline gives steps by dose."""
    steps: str

    @property
    def key(self) -> str:
        """Opioid, unit and guideline."""
        return f"{self.opioid} {self.unit} {self.guideline}"


class _Schedules:
    KEY: str = "dea-schedules"
    TITLE: str = "DEA schedules"

    @staticmethod
    def tells(bundle: Bundle) -> bool:
        return len(bundle.members) == 1 and has_columns(bundle.members[0], ("SUBSTANCENAME", "DEASCHEDULE"))

    @staticmethod
    def edition(bundle: Bundle) -> date | None:
        return bundle.members[0].dated

    @staticmethod
    def rows(bundle: Bundle, faults: Faults) -> Iterator[ScheduleRow]:
        for number, r in records(bundle.members[0], faults):
            schedule = SCHEDULES.get(r["deaschedule"].strip().upper())
            jurisdiction = r.get("jurisdiction", "").strip().upper().removeprefix("US-") or "US"
            if not schedule or not r["substancename"].strip():
                faults.add(number, "no substance or no schedule CI to CV", r["substancename"])
                continue
            if not _STATE.fullmatch(jurisdiction):
                faults.add(number, "a jurisdiction is US or the two letters of a state", jurisdiction)
                continue
            yield ScheduleRow(
                jurisdiction=jurisdiction,
                substance=r["substancename"].strip().upper(),
                schedule=schedule,
                forms=r.get("forms", "").strip(),
                starts_on=day(r.get("startson", ""), "%Y-%m-%d"),
            )


class _TallMan:
    KEY: str = "fda-tall-man"
    TITLE: str = "FDA tall-man names"

    @staticmethod
    def tells(bundle: Bundle) -> bool:
        return len(bundle.members) == 1 and has_columns(bundle.members[0], ("name", "confused_with"))

    @staticmethod
    def edition(bundle: Bundle) -> date | None:
        return bundle.members[0].dated

    @staticmethod
    def rows(bundle: Bundle, faults: Faults) -> Iterator[LookAlikeRow]:
        for number, r in records(bundle.members[0], faults):
            if not r["name"].strip():
                faults.add(number, "no name", str(r))
                continue
            yield LookAlikeRow(
                tall_man=r["name"].strip(), other=r["confusedwith"].strip(), basis=r.get("basis", "").strip()
            )


_FACTOR_COLUMN = re.compile(r"factor([0-9]{4})guideline")
"""Of which year's guideline the factors of a column are."""


class _MorphineFactors:
    KEY: str = "cdc-mme"
    TITLE: str = "CDC morphine milligram equivalents"

    @staticmethod
    def tells(bundle: Bundle) -> bool:
        return len(bundle.members) == 1 and has_columns(bundle.members[0], ("opioid", "unit", "factor_2022_guideline"))

    @staticmethod
    def edition(bundle: Bundle) -> date | None:
        return bundle.members[0].dated

    @staticmethod
    def rows(bundle: Bundle, faults: Faults) -> Iterator[MorphineFactorRow]:
        for number, r in records(bundle.members[0], faults):
            for column, text in r.items():
                if (of := _FACTOR_COLUMN.fullmatch(column)) and text.strip():
                    yield from _factor(number, r, of[1], text.strip(), faults)


def _factor(number: int, r: dict[str, str], guideline: str, text: str, faults: Faults) -> Iterator[MorphineFactorRow]:
    try:
        factor, steps = (None, text) if ":" in text else (D(text), "")
        if factor is not None and not (0 < factor < 1000 and factor == round(factor, _PLACES)):
            raise ParseError("factor", expected=f"a number above 0 and below 1000, {_PLACES} places", got=text)
    except ParseError as problem:
        faults.add(number, str(problem), r["opioid"])
        return
    yield MorphineFactorRow(
        opioid=r["opioid"].strip().lower(), unit=r["unit"].strip(), guideline=guideline, factor=factor, steps=steps
    )


SCHEDULES_LIST = _Schedules()
TALL_MAN = _TallMan()
MORPHINE_FACTORS = _MorphineFactors()
