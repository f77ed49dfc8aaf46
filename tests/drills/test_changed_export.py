"""An export that is not, bit for bit, what was written: refused in a sentence, with nothing read in, wherever the change is.

`OFFICINA_DRILL=long` flips every bit of the manifest, and forty of each table's file instead of three.
"""

import hashlib
import json
import os
import random
from itertools import pairwise
from pathlib import Path

import pytest

import houses
from houses import empty_house
from officina.base.archive import records, whole
from officina.kernel.errors import ParseError, Refused

IS_LONG = os.environ.get("OFFICINA_DRILL") == "long"
BITS = 40 if IS_LONG else 3
SEED = os.environ.get("OFFICINA_SEED", "2026")
MESSAGE = Path(__file__).resolve().parents[1] / "messages" / "ncpdp_script" / "newrx_metformin_2023011.xml"


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The export of a small house, made by the real program."""
    folder = tmp_path_factory.mktemp("export") / "all"
    with empty_house(tmp_path_factory.mktemp("small") / "house") as env:
        houses.officina(env, "open", "--name", "Corner pharmacy")
        houses.officina(env, "receive", str(MESSAGE))
        houses.officina(env, "export", str(folder))
    return folder


@pytest.fixture
def files(exported):
    """Every file of it with its bytes, put back after the test."""
    kept = {file: file.read_bytes() for file in sorted(exported.iterdir())}
    yield kept
    for file in exported.iterdir():
        if file not in kept:
            file.rmdir() if file.is_dir() else file.unlink()
    for file, data in kept.items():
        file.write_bytes(data)


def brought_in(folder):
    return whole.bring_in(folder, tick=lambda *_: None)


def assert_refused(folder, what):
    with pytest.raises((Refused, ParseError)) as no:
        brought_in(folder)
    assert str(no.value).endswith("."), what
    held = [model.__name__ for model in records.tables() if model._default_manager.exists()]
    assert held == [], what


def flipped(data, bit):
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def bits_of(data, most):
    """So many bits of it, the same each time; all where there are no more."""
    every = range(len(data) * 8)
    return every if len(every) <= most else random.Random(SEED).sample(every, most)


def tables(files):
    return {file: data for file, data in files.items() if file.suffix == ".jsonl"}


def test_as_it_was_written_it_is_read_in(db, exported):
    assert brought_in(exported).rows > 50


def test_a_flipped_bit_of_a_table(db, exported, files):
    tried = 0
    for file, data in tables(files).items():
        for bit in bits_of(data, BITS):
            file.write_bytes(flipped(data, bit))
            assert_refused(exported, (file.name, bit))
            tried += 1
        file.write_bytes(data)
    assert tried > 10 * BITS


@pytest.mark.parametrize(("name", "most"), [(whole.MANIFEST, 10**9 if IS_LONG else 500), (whole.SEAL, 10**9)])
def test_a_flipped_bit_of_the_manifest_and_of_its_seal(db, exported, files, name, most):
    file = exported / name
    for bit in bits_of(files[file], most):
        file.write_bytes(flipped(files[file], bit))
        with pytest.raises((Refused, ParseError)):
            whole.read_manifest(exported)
    assert_refused(exported, name)


def test_a_file_that_was_cut_or_grew(db, exported, files):
    for file, data in files.items():
        lines = data.splitlines(keepends=True)
        cut = {b"", data[:1], data[: len(data) // 2], data[:-1], b"".join(lines[:-1]), b"".join(lines[1:])}
        for other in (*sorted(cut - {data}), data + b"\n", data + b" ", data + data[-1:], data + b"".join(lines[-1:])):
            if other != data:
                file.write_bytes(other)
                assert_refused(exported, (file.name, len(other)))
        file.write_bytes(data)


def test_a_file_that_is_missing_or_has_another_name(db, exported, files):
    for file, data in files.items():
        file.unlink()
        assert_refused(exported, f"{file.name} is missing")
        other = file.with_name(file.name.upper())
        other.write_bytes(data)
        assert_refused(exported, f"{file.name} is {other.name}")
        other.unlink()
        file.write_bytes(data)


def test_two_files_that_changed_names(db, exported, files):
    full = [file for file, data in tables(files).items() if data]
    for one, other in pairwise(full):
        one.write_bytes(files[other])
        other.write_bytes(files[one])
        assert_refused(exported, (one.name, other.name))
        one.write_bytes(files[one])
        other.write_bytes(files[other])


@pytest.mark.parametrize("name", ["64-more.jsonl", "notes.txt", ".hidden", "manifest.json~"])
def test_a_file_too_many(db, exported, files, name):
    (exported / name).write_bytes(b"")
    assert_refused(exported, name)


def test_a_folder_too_many(db, exported, files):
    (exported / "more").mkdir()
    assert_refused(exported, "a folder")


def forged(folder, table, change):
    """Somebody who knows how writes another file, and the manifest and its seal to fit."""
    file = next(folder.glob(f"*{table}.jsonl"))
    file.write_bytes(change(file.read_bytes()))
    manifest = json.loads((folder / whole.MANIFEST).read_text())
    for part in manifest["parts"]:
        if part["file"] == file.name:
            part["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
            part["rows"] = file.read_bytes().count(b"\n")
    written = json.dumps(manifest).encode()
    (folder / whole.MANIFEST).write_bytes(written)
    (folder / whole.SEAL).write_bytes(whole.seal_of(written))


FORGERIES = {
    "the same row twice": ("base_site", lambda data: data + data.splitlines(keepends=True)[0]),
    "a row that points to nothing": ("dispensing_fill", lambda data: data.replace(b'"site_id":1', b'"site_id":99', 1)),
    "a text that is too long": ("base_site", lambda data: data.replace(b'"name":"', b'"name":"' + b"x" * 5000, 1)),
    "a number that is too large": ("dispensing_fill", lambda data: data.replace(b'"version":', b'"version":9' + b"9" * 30, 1)),
    "a word in place of a number": ("dispensing_fill", lambda data: data.replace(b'"site_id":1', b'"site_id":"x"', 1)),
    "a row that is no object": ("base_site", lambda data: b"[1]\n"),
    "a zero byte": ("base_site", lambda data: data.replace(b'"name":"', b'"name":"\\u0000', 1)),
    "an instant without a zone": ("base_auditentry", lambda data: data.replace(b"+00:00", b"", 1)),
    "half a surrogate": ("base_site", lambda data: data.replace(b'"name":"', b'"name":"\\ud800', 1)),
}  # fmt: skip


@pytest.mark.parametrize(("table", "change"), FORGERIES.values(), ids=FORGERIES)
@pytest.mark.django_db(transaction=True)
def test_a_forged_export_that_fits_its_own_manifest_and_no_database(exported, files, table, change):
    forged(exported, table, change)
    assert_refused(exported, table)
