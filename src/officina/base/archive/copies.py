"""A copy of the embedded database while the house works, and back: verified before it counts as one."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import connection

from officina.base.command import write_lock
from officina.kernel.errors import Refused

PAGES = 2000
"""So many pages at a time, so that who works waits for a moment only."""
Tick = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Copy:
    """A verified copy."""

    file: Path
    bytes: int
    prescriptions: int


def take(file: Path, *, tick: Tick) -> Copy:
    """Copy the database to a new file that only its owner can read, and verify the copy. It appears whole or not at all."""
    _refuse_other_engine()
    if file.exists():
        raise Refused("exists", f"{file} is there already. Nothing was written: name a new file.")
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(sqlite3.connect(_here())) as source, closing(sqlite3.connect(unfinished)) as copy:
            source.backup(copy, pages=PAGES, progress=lambda _status, left, of: tick(of - left, of), sleep=0.001)
            copy.execute("PRAGMA journal_mode=DELETE")
        found = verify(unfinished)
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return Copy(file, file.stat().st_size, found)


def verify(file: Path) -> int:
    """Read the whole copy for faults; Refused where it is none of ours or has any. Gives how many prescriptions it holds."""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            said = [row[0] for row in copy.execute("PRAGMA integrity_check")]
            loose = copy.execute("PRAGMA foreign_key_check").fetchone()
            count = int(copy.execute("SELECT count(*) FROM prescriptions_prescription").fetchone()[0])
    except sqlite3.DatabaseError as problem:
        raise Refused("no_copy", f"{file} is no copy of a house: {problem}.") from problem
    if said != ["ok"] or loose is not None:
        raise Refused(
            "broken_copy",
            f"{file} is damaged: {said[0] if said != ['ok'] else 'a record points at nothing'}. It was not used.",
        )
    return count


def put_back(file: Path, *, at: datetime, tick: Tick) -> Path | None:
    """Make the house what it was when the copy was taken. What is there now is kept beside it first; gives where, None where nothing was."""
    _refuse_other_engine()
    if not file.is_file():
        raise Refused("no_file", f"There is no file {file}.")
    verify(file)
    here = _here()
    before = here.with_name(f"before-restore-{at:%Y%m%dT%H%M%S}.sqlite3") if here.exists() else None
    if before is not None:
        take(before, tick=lambda _done, _of: None)
    connection.close()
    with (
        write_lock(),
        closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as copy,
        closing(sqlite3.connect(here)) as house,
    ):
        copy.backup(house, pages=PAGES, progress=lambda _status, left, of: tick(of - left, of))
        house.execute("PRAGMA journal_mode=WAL")
    return before


def _here() -> Path:
    return Path(str(connection.settings_dict["NAME"]))


def _refuse_other_engine() -> None:
    if connection.vendor != "sqlite":
        raise Refused(
            "other_engine",
            "This house keeps its records in PostgreSQL: back it up with that server's own pg_dump, or with officina export.",
        )
