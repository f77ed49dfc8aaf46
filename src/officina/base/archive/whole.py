"""The whole house written out and read in: one file a table with a manifest, so that an owner can leave any day or change the database.

Writing reads one snapshot while the house works on. Reading in is all or nothing: every file is compared with the manifest before the
first row is written, and every table with it before the last one counts.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.color import no_style
from django.db import DataError, IntegrityError, connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder

from officina.base.archive import records
from officina.base.command import write_lock
from officina.kernel.errors import ParseError, Refused

MANIFEST = "manifest.json"
SEAL = "manifest.sha256"
"""What the manifest must hash to, as `sha256sum` writes it: without it, nothing would tell that the manifest itself was changed."""
FORM = 2
Tick = Callable[[str, int, int], None]
"""Told which table is at work, how many of its rows are done, of how many (0: not known)."""


class Part(msgspec.Struct, frozen=True):
    """One table of an export."""

    table: str
    file: str
    rows: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What an export holds."""

    officina: str
    form: int
    exported_at: str
    engine: str
    migrations: dict[str, str]
    """By app, the last migration that the records are in the shape of."""
    parts: list[Part]

    @property
    def rows(self) -> int:
        """Records in all tables."""
        return sum(part.rows for part in self.parts)


def export(folder: Path, *, at: datetime, tick: Tick) -> Manifest:
    """Write every record to a new folder that only its owner can read; Refused where something lies there."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused("not_empty", f"{folder} is not an empty folder. Nothing was written: name one that is new.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    parts = []
    with _snapshot():
        for number, model in enumerate(records.tables(), 1):
            parts.append(_write(model, folder / f"{number:02}-{model._meta.db_table}.jsonl", tick))
        shape = _shape()
    made = Manifest(version("officina"), FORM, at.isoformat(), connection.vendor, shape, parts)
    written = msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"
    _keep(folder / MANIFEST, written)
    _keep(folder / SEAL, seal_of(written))
    return made


def seal_of(manifest: bytes) -> bytes:
    """The seal of a manifest, as `sha256sum -c` reads it."""
    return f"{hashlib.sha256(manifest).hexdigest()}  {MANIFEST}\n".encode()


def _write(model: type[models.Model], file: Path, tick: Tick) -> Part:
    state, count = hashlib.sha256(), 0
    of = model._default_manager.count()
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        for line in records.lines(model):
            out.write(line)
            state.update(line)
            count += 1
            if not count % records.CHUNK:
                tick(model._meta.db_table, count, of)
        out.flush()
        os.fsync(out.fileno())
    tick(model._meta.db_table, count, of)
    return Part(model._meta.db_table, file.name, count, state.hexdigest())


def _keep(file: Path, data: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())


@contextmanager
def _snapshot() -> Iterator[None]:
    """One view of all tables, which keeps nobody from writing."""
    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if postgres else "BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def _shape() -> dict[str, str]:
    """The last migration of each app."""
    done = MigrationRecorder(connection).applied_migrations()
    apps = {m._meta.app_label for m in records.tables()}
    return {app: max(name for of, name in done if of == app) for app in sorted(apps)}


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an export, compared with what lies in the folder; ParseError or Refused where they differ."""
    try:
        manifest = msgspec.json.decode(_sealed(folder), type=Manifest)
    except msgspec.DecodeError as problem:
        raise ParseError(
            "manifest", where=MANIFEST, expected="the manifest of an export", got=str(problem)
        ) from problem
    named = {part.file for part in manifest.parts}
    there = {file.name for file in folder.iterdir()} - {MANIFEST, SEAL}
    if named != there:
        lost, more = sorted(named - there), sorted(there - named)
        said = "; ".join(
            [*(f"{name} is missing" for name in lost), *(f"{name} does not belong to it" for name in more)]
        )
        raise Refused(
            "other_files", f"The folder is not the export that its manifest names: {said}. Nothing was read in."
        )
    if any(Path(part.file).name != part.file for part in manifest.parts):
        raise ParseError("manifest", where=MANIFEST, expected="names of files in its own folder", got=sorted(named))
    return manifest


def _sealed(folder: Path) -> bytes:
    """The manifest, bit for bit as it was written."""
    try:
        manifest = (folder / MANIFEST).read_bytes()
    except OSError as problem:
        raise Refused("no_manifest", f"{folder} holds no export: {MANIFEST} cannot be read.") from problem
    try:
        seal = (folder / SEAL).read_bytes()
    except OSError as problem:
        said = f"{SEAL} is missing: this export was made by an older edition, or is not whole. Nothing was read in."
        raise Refused("no_seal", said) from problem
    if seal != seal_of(manifest):
        raise Refused(
            "changed_manifest", f"{MANIFEST} is not what was exported, or {SEAL} is not. Nothing was read in."
        )
    return manifest


def verify(folder: Path, manifest: Manifest, tick: Tick) -> None:
    """Refused where a file is not, bit for bit, what was exported."""
    for part in manifest.parts:
        with (folder / part.file).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        tick(f"verifying {part.table}", part.rows, part.rows)
        if found != part.sha256:
            raise Refused(
                "changed_file",
                f"{part.file} is not what was exported: its SHA-256 is {found[:16]}…, the manifest says {part.sha256[:16]}…. "
                "Nothing was read in.",
            )


def bring_in(folder: Path, *, tick: Tick) -> Manifest:
    """Read an export into this house, which must be empty, in one transaction; Refused or ParseError with nothing changed."""
    manifest = read_manifest(folder)
    _refuse_unfit(manifest)
    verify(folder, manifest, tick)
    try:
        with write_lock(), transaction.atomic():
            _read_in(folder, manifest, tick)
    except (IntegrityError, DataError, OverflowError) as problem:
        raise Refused(
            "no_fit", f"The database does not take these records ({type(problem).__name__}). Nothing was read in."
        ) from problem
    return manifest


def _read_in(folder: Path, manifest: Manifest, tick: Tick) -> None:
    by_name = {model._meta.db_table: model for model in records.tables()}
    for part in manifest.parts:
        _load(by_name[part.table], folder / part.file, part, tick)
    _count_on()
    for part in manifest.parts:
        done = 0

        def more(rows: int, part: Part = part) -> None:
            nonlocal done
            done += rows
            tick(f"comparing {part.table}", done, part.rows)

        if records.digest(by_name[part.table], more) != (part.sha256, part.rows):
            raise Refused("differs", f"{part.table} does not read back as it was exported. Nothing was read in.")


def _refuse_unfit(manifest: Manifest) -> None:
    """Refused where the export is of another shape than this house, or somebody works here already."""
    if manifest.form != FORM:
        raise Refused("other_form", f"This export has form {manifest.form}; this edition reads form {FORM}.")
    ours = _shape()
    if manifest.migrations != ours:
        apps = sorted(a for a in {*ours, *manifest.migrations} if ours.get(a) != manifest.migrations.get(a))
        raise Refused(
            "other_edition",
            f"This export is of edition {manifest.officina}, whose records have another shape ({', '.join(apps)}). "
            "Read it in with that edition, then bring the house up to date.",
        )
    if {part.table for part in manifest.parts} != {model._meta.db_table for model in records.tables()}:
        raise Refused("other_tables", "The manifest does not name the tables of this edition. Nothing was read in.")
    held = [model._meta.db_table for model in records.tables() if model._default_manager.exists()]
    if held:
        raise Refused(
            "not_empty",
            f"This house is not empty (there are rows in {held[0]}). Nothing was read in: use one that is new.",
        )


def _load(model: type[models.Model], file: Path, part: Part, tick: Tick) -> None:
    read = records.reader(model, part.file)
    done = 0
    with file.open("rb") as lines, connection.cursor() as cursor:
        numbered = enumerate(lines, 1)
        while rows := [read(line, number) for number, line in islice(numbered, records.CHUNK)]:
            _insert(cursor, model, rows)
            done += len(rows)
            tick(part.table, done, part.rows)
    if done != part.rows:
        raise Refused(
            "other_count", f"{part.file} holds {done} records, the manifest says {part.rows}. Nothing was read in."
        )


def _insert(cursor: Any, model: type[models.Model], rows: list[list[Any]]) -> None:
    """Write rows by the fastest way in that keeps every constraint."""
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    names = ", ".join(quote(f.column) for f in records.columns(model))
    if connection.vendor == "postgresql":
        with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    holes = ", ".join(["%s"] * len(records.columns(model)))
    cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({holes})", rows)  # noqa: S608  names of our own models


def _count_on() -> None:
    """New rows get keys after those that came."""
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), records.tables()):
            cursor.execute(sql)
