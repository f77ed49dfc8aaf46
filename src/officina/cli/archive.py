"""`officina backup`, `restore`, `export` and `import`: the records are the owner's, whatever happens to the machine or to us."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from django.db import DatabaseError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from officina.base import occupied
from officina.base.archive import copies, whole
from officina.cli import house
from officina.kernel import clock
from officina.kernel.errors import ParseError, Refused

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object.")


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None]]:
    columns = (TextColumn("{task.description:<44}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1)
        yield lambda text, done, of: bar.update(task, description=text, completed=done, total=max(of, 1))


@contextmanager
def _in_words() -> Iterator[None]:
    """Exit 1 with a sentence where it cannot be done."""
    try:
        yield
    except (Refused, ParseError) as no:
        click.echo(str(no), err=True)
        sys.exit(1)
    except (OSError, DatabaseError) as no:
        click.echo(f"It could not be done, and nothing was changed: {' '.join(str(no).split())}", err=True)
        sys.exit(1)


@click.command(short_help="Copy the embedded database, verified.")
@click.argument("file", type=FILE)
@AS_JSON
def backup(file: Path, as_json: bool) -> None:
    """Copy the database to a new FILE while the house works on, and verify the copy.

    For a house on PostgreSQL use that server's pg_dump, or officina export.
    """
    house.migrate()
    with _in_words(), _bar() as tick:
        made = copies.take(file, tick=lambda done, of: tick("copying", done, of))
    _answer(
        as_json,
        {"file": str(made.file), "bytes": made.bytes, "prescriptions": made.prescriptions},
        f"{made.file}: {made.bytes:,} bytes, {made.prescriptions:,} prescriptions, verified.",
    )


@click.command(short_help="Make the house what it was in a backup.")
@click.argument("file", type=FILE)
@click.option("--yes", is_flag=True, help="Do it; without this it only verifies the file and says what would happen.")
@AS_JSON
def restore(file: Path, yes: bool, as_json: bool) -> None:
    """Put a backup back in place of what this house holds now, which is kept beside it.

    Everything done since the backup was taken is gone from the house. It must be closed: nothing is restored under people at work.
    """
    house.migrate()
    with _in_words(), _bar() as tick:
        if not file.is_file():
            raise Refused("no_file", f"There is no file {file}.")
        count, kept = copies.verify(file), None
        if yes:
            with occupied.alone():
                kept = copies.put_back(file, at=clock.now(), tick=lambda done, of: tick("restoring", done, of))
                house.migrate()
    said = (
        f"Restored: {count:,} prescriptions. What was here before is kept in {kept}."
        if yes
        else f"The file is sound and holds {count:,} prescriptions. Nothing was changed: add --yes to restore it."
    )
    _answer(as_json, {"restored": yes, "prescriptions": count, "kept": str(kept or "")}, said)


@click.command(short_help="Write every record out in open formats.")
@click.argument("folder", type=FOLDER)
@AS_JSON
def export(folder: Path, as_json: bool) -> None:
    """Write every record to a new FOLDER: one JSON Lines file a table, and a manifest with counts and SHA-256.

    The house works on meanwhile. The folder holds patients' data and password hashes: keep it as you keep the pharmacy.
    """
    house.migrate()
    with _in_words(), _bar() as tick:
        made = whole.export(folder, at=clock.now(), tick=tick)
    _answer(
        as_json,
        {"folder": str(folder), "tables": len(made.parts), "records": made.rows},
        f"{folder}: {made.rows:,} records in {len(made.parts)} tables.",
    )


@click.command("import", short_help="Read an export into an empty house.")
@click.argument("folder", type=FOLDER)
@AS_JSON
def import_(folder: Path, as_json: bool) -> None:
    """Read what officina export wrote into this house, which must be empty, on either database.

    Each file is compared with the manifest first, each table afterwards; where anything differs nothing is read in.
    """
    house.migrate()
    with _in_words(), _bar() as tick:
        made = whole.bring_in(folder, tick=tick)
    _answer(
        as_json,
        {"folder": str(folder), "tables": len(made.parts), "records": made.rows, "equal": True},
        f"{made.rows:,} records in {len(made.parts)} tables, compared with the export and equal.",
    )


def _answer(as_json: bool, facts: dict[str, object], sentence: str) -> None:
    if as_json:
        house.answer(facts)
    else:
        click.echo(sentence)
