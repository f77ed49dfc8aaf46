"""The FDA directory of 2019, 128,241 products and 243,960 packages, into an empty drug file, and once more."""

import os
import resource
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench.harness import Figure, once
from officina.base import services as house
from officina.base.access import Actor
from officina.base.services import NewSite
from officina.drugs import services

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def figures() -> Iterator[Figure]:
    """First and second import; nothing where the file is not at hand."""
    path = Path(os.environ.get("OFFICINA_REFERENCE_DATA", "")) / "fda_ndc_2019" / "ndctext.zip"
    if not path.is_file():
        print("bench: no directory to import, OFFICINA_REFERENCE_DATA names none", file=sys.stderr)
        return
    boss = house.open_site(NewSite(name="Bench of the directory", training=True), at=AT)
    yield once("whole FDA directory, first import", lambda: _bring(boss, path))
    with tempfile.TemporaryDirectory() as folder:
        # Packed anew the bytes differ, so that every row is compared.
        other = Path(folder) / "again.zip"
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
            for name in old.namelist():
                new.writestr(name, old.read(name))
        yield once("whole FDA directory, second import", lambda: _bring(boss, other))
    print(f"bench: at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB", file=sys.stderr)


def _bring(boss: Actor, path: Path) -> None:
    [done] = services.import_files(boss, paths=[path], at=AT)
    assert [c.rows for c in done.changes] == [128_241, 243_941]
