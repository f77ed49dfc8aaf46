"""Files that were cut, bent, swapped or made to do harm: each is refused in a sentence, and nothing in the drug file has changed."""

import gzip
import json
import random
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.apps import apps

from officina.base import services as house
from officina.base.models import AuditEntry
from officina.base.services import NewSite
from officina.drugs import services
from officina.kernel.errors import Refused
from small_lists import COUNT, DIRECTORY, ORANGE, RESULTS, RXNORM, TABLES, openfda, unlisted

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 21, 12, tzinfo=UTC)
GIGABYTE = 1 << 30
MEMORY = 96 << 20

Files = dict[str, bytes]


def of(**texts: str) -> Files:
    return {name: text.encode() for name, text in texts.items()}


LISTS: dict[str, Files] = {
    "directory": of(**DIRECTORY),
    "openfda directory": of(**{"drug-ndc.json": openfda(RESULTS["fda-ndc"])}),
    "unfinished": of(**{"unfinished.txt": unlisted()}),
    "excluded": of(**{"packages_excluded.txt": unlisted()}),
    "rxnorm": of(**RXNORM),
    "orange book": of(**ORANGE),
    "prices": of(**{"nadac.csv": TABLES["nadac"]}),
    "shortages": of(**{"shortages.csv": TABLES["fda-shortages"]}),
    "openfda shortages": of(**{"shortages.json": openfda(RESULTS["fda-shortages"])}),
    "recalls": of(**{"recalls.json": openfda(RESULTS["fda-recalls"])}),
    "schedules": of(**{"schedules.csv": TABLES["dea-schedules"]}),
    "tall man": of(**{"tallman.csv": TABLES["fda-tall-man"]}),
    "morphine factors": of(**{"mme.csv": TABLES["cdc-mme"]}),
}
"""Each official list, by its files; the first is the one that is spoilt."""
SEPARATORS = {"directory": "\t", "unfinished": "\t", "excluded": "\t", "rxnorm": "|", "orange book": "~"}
HELD_TO_THE_LETTER = ("directory", "rxnorm", "orange book")
JSON = [name for name in LISTS if name.startswith("openfda") or name == "recalls"]
TEXT = [name for name in LISTS if name not in JSON]


def first(files: Files) -> str:
    return next(iter(files))


def put(folder: Path, files: Files, *, packed: bool = False) -> Path:
    """One file as it is, several as a zip."""
    if len(files) == 1 and not packed:
        path = folder / first(files)
        path.write_bytes(files[first(files)])
        return path
    path = folder / "list.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def everything() -> dict[str, list]:
    """Every row that the drug file holds, and how many loads the audit trail tells of."""
    rows = {m.__name__: list(m.objects.order_by("pk").values()) for m in apps.get_app_config("drugs").get_models()}
    return rows | {"audit": [AuditEntry.objects.filter(verb="drugs.imported").count()]}


@pytest.fixture
def boss():
    return house.open_site(NewSite(name="House", training=True), at=AT)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "next"
    made.mkdir()
    return made


def refused(boss, path: Path, *, says: str = "") -> str:
    """Bring a file in: the refusal must say what came and what was expected; and nothing may have changed."""
    before = everything()
    with pytest.raises(Refused) as no:
        services.import_files(boss, paths=[path], at=LATER)
    assert everything() == before
    sentence = str(no.value)
    assert sentence.startswith("Nothing was changed")
    assert " is no " in sentence, sentence
    assert ": expected " in sentence, sentence
    assert len(sentence) < 2000
    assert says in sentence, sentence
    return sentence


def loaded(boss, name: str, tmp_path: Path) -> Files:
    """The list as it should be, brought in before it is spoilt."""
    files = LISTS[name]
    services.import_files(boss, paths=[put(tmp_path, files)], at=AT)
    return dict(files)


# -- The same spoilt in every list -------------------------------------------------------------


def cut(data: bytes, name: str) -> bytes:
    """The end did not arrive, in the middle of a row."""
    return data[: data.rindex(b"\n", 0, len(data) * 2 // 3) + 9]


def emptied(data: bytes, name: str) -> bytes:
    return b""


def rubbish(data: bytes, name: str) -> bytes:
    return random.Random(name).randbytes(50_000)


def in_two_bytes_a_letter(data: bytes, name: str) -> bytes:
    """Saved by a spreadsheet as "Unicode"."""
    return data.decode().encode("utf-16")


def in_two_encodings(data: bytes, name: str) -> bytes:
    """A line in Windows-1252 and a line in UTF-8: one of them would be misread."""
    if name in JSON:
        return data.replace(b"Firm", b"F\xe9rm").replace(b"Example", b"Ex\xe9mple")
    lines = data.split(b"\n")
    separator = SEPARATORS.get(name, ",").encode()
    for at, letter in ((5, b"\xe9"), (6, b"\xc3\xa9")):
        place = lines[at].index(b"N" if name == "directory" else separator)
        lines[at] = lines[at][:place] + letter + lines[at][place:]
    return b"\n".join(lines)


def a_web_page(data: bytes, name: str) -> bytes:
    """What a portal sends instead of the file when one must log in."""
    return b"<!DOCTYPE html>\n<html><body>Please log in.</body></html>\n" * 30


def another_list(data: bytes, name: str) -> bytes:
    """The right name on the content of another source, and a broken one."""
    other = "tall man" if name != "tall man" else "morphine factors"
    spoilt = LISTS[other][first(LISTS[other])].split(b"\r\n")
    return b"\r\n".join([spoilt[0], *(line.rsplit(b",", 1)[0] for line in spoilt[1:] if line), b""])


def with_nothing_below_the_header(data: bytes, name: str) -> bytes:
    if name in JSON:
        return openfda([]).encode()
    return b"" if name == "rxnorm" else data.lstrip().split(b"\n")[0] + b"\n"


def with_zero_bytes(data: bytes, name: str) -> bytes:
    """A disk that lost a block gives zeros."""
    half = len(data) // 2
    return data[:half] + b"\0" * 512 + data[half + 512 :]


SPOILS: list[Callable[[bytes, str], bytes]] = [
    cut, emptied, rubbish, in_two_bytes_a_letter, in_two_encodings, a_web_page, another_list,
    with_nothing_below_the_header, with_zero_bytes,
]  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILS, ids=lambda s: s.__name__)
@pytest.mark.parametrize("name", LISTS)
def test_a_spoilt_list_is_refused_and_nothing_changes(boss, tmp_path, folder, name, spoil):
    files = loaded(boss, name, tmp_path)
    files[first(files)] = spoil(files[first(files)], name)
    refused(boss, put(folder, files))


@pytest.mark.parametrize("name", LISTS)
def test_an_archive_that_was_cut_is_refused(boss, tmp_path, folder, name):
    files = loaded(boss, name, tmp_path)
    path = put(folder, files, packed=True)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    refused(boss, path, says="cut off")


@pytest.mark.parametrize("name", LISTS)
def test_an_archive_with_a_flipped_bit_is_refused(boss, tmp_path, folder, name):
    files = loaded(boss, name, tmp_path)
    path = put(folder, files, packed=True)
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo(first(files))
    data = bytearray(path.read_bytes())
    data[entry.header_offset + 30 + len(entry.filename) + entry.compress_size // 2] ^= 0x5A
    path.write_bytes(bytes(data))
    refused(boss, path)


@pytest.mark.parametrize("name", TEXT)
def test_columns_in_another_order_are_refused_or_read_by_their_header(boss, tmp_path, folder, name):
    """Official layouts are held to the letter. A CSV is read by its column names: in another order it says the same."""
    files = loaded(boss, name, tmp_path)
    separator = SEPARATORS.get(name, ",")
    if name in HELD_TO_THE_LETTER:
        lines = [line.split(separator) for line in files[first(files)].decode().splitlines()]
        turned = [[fields[1], fields[0], *fields[2:][::-1]] for fields in lines]
        files[first(files)] = "".join(separator.join(fields) + "\r\n" for fields in turned).encode()
        refused(boss, put(folder, files))
        return
    rows = [line.split(separator) for line in files[first(files)].decode().strip().splitlines()]
    if any(len(r) != len(rows[0]) for r in rows):
        rows = [[rows[0][-1], *rows[0][:-1]], *[[r[-1], *r[:-1]] for r in rows[1:]]]
    else:
        rows = [r[::-1] for r in rows]
    files[first(files)] = "".join(separator.join(r) + "\r\n" for r in rows).encode()
    [done] = services.import_files(boss, paths=[put(folder, files)], at=LATER)
    assert [(c.added, c.changed, c.ended) for c in done.changes] == [(0, 0, 0)]


@pytest.mark.parametrize("name", LISTS)
def test_rows_that_stand_twice_count_once_and_a_directory_that_repeats_itself_is_refused(boss, tmp_path, folder, name):
    files = loaded(boss, name, tmp_path)
    data = files[first(files)]
    if name in JSON:
        answer = json.loads(data)
        answer["results"] *= 2
        data = json.dumps(answer).encode()
    else:
        lines = data.splitlines(keepends=True)
        head = 0 if name == "rxnorm" else next(n for n, line in enumerate(lines) if line.strip()) + 1
        data = b"".join([*lines[:head], *lines[head:], *lines[head:]])
    files[first(files)] = data
    if "directory" in name:
        refused(boss, put(folder, files))
        return
    [done] = services.import_files(boss, paths=[put(folder, files)], at=LATER)
    assert all((c.added, c.changed, c.ended) == (0, 0, 0) for c in done.changes)
    assert {c.rows for c in done.changes} <= {COUNT}


def test_two_prices_of_one_package_on_one_day_are_refused(boss, tmp_path, folder):
    files = loaded(boss, "prices", tmp_path)
    head, *rows = files["nadac.csv"].splitlines(keepends=True)
    files["nadac.csv"] = b"".join([head, *rows, *(r.replace(b",0.", b",7.") for r in rows)])
    refused(boss, put(folder, files), says="two prices on one day")


# -- Archives made to do harm ------------------------------------------------------------------


@pytest.mark.parametrize("inside", ["../product.txt", "/etc/product.txt", "a/../../product.txt", "C:\\product.txt"])
def test_a_zip_that_writes_outside_its_folder_is_refused(boss, folder, inside):
    path = put(folder, {"product.txt": b"x\n", inside: b"y\n"})
    refused(boss, path, says="a file below the archive")
    assert [p.name for p in folder.iterdir()] == ["list.zip"]


def test_a_zip_bomb_is_refused_before_it_is_unpacked(boss, folder):
    path = folder / "ndctext.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        with archive.open("product.txt", "w") as out:
            for _ in range(256):
                out.write(b"\0" * (1 << 20))
        archive.writestr("package.txt", DIRECTORY["package.txt"])
    refused(boss, path, says="an archive that holds what text can hold")


def test_a_gzip_bomb_is_refused_in_bounded_memory(boss, folder):
    path = folder / "nadac.csv.gz"
    with gzip.open(path, "wb", compresslevel=9) as out:
        out.write(TABLES["nadac"].encode())
        for _ in range(256):
            out.write(b"\n" * (1 << 20))
    assert within_memory(lambda: refused(boss, path, says="empty lines only"))


def test_a_zip_that_lies_about_its_size_is_refused(boss, folder):
    path = put(folder, {name: text.encode() for name, text in DIRECTORY.items()})
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        real = archive.getinfo("product.txt").file_size
    path.write_bytes(data.replace(real.to_bytes(4, "little"), (real // 3).to_bytes(4, "little")))
    refused(boss, path)


def test_a_zip_of_thousands_of_files_is_refused(boss, folder):
    refused(boss, put(folder, {f"{n}.txt": b"x\n" for n in range(2000)}), says="at most 500 files")


# -- Files that are too much -------------------------------------------------------------------


def within_memory(run: Callable[[], object]) -> bool:
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["prices", "unfinished", "recalls"])
def test_a_line_of_a_gigabyte_is_refused_in_bounded_memory(boss, folder, name):
    """The file is a hole on the disk; what reads it sees a gigabyte without a line end."""
    path = put(folder, dict(LISTS[name]))
    whole = path.read_bytes()
    begin = whole.index(b"\n", len(whole) // 2) + 1
    with path.open("r+b") as file:
        file.truncate(begin)
        file.truncate(GIGABYTE)
    assert within_memory(lambda: refused(boss, path))


def test_json_nested_without_end_is_refused(boss, folder):
    good = openfda([])
    for deep in ("[" * 200_000, '{"a":' * 200_000, '[{"recall_number":' * 100_000):
        head = '{"meta": {}, "results": [{"recall_number": "D-1", "recalling_firm": "F", "reason_for_recall": "x", "openfda": '
        assert good.startswith("{")
        path = folder / f"{len(deep)}.json"
        path.write_text(head + deep)
        refused(boss, path)


@pytest.mark.parametrize(
    ("name", "instead", "of"),
    [
        ("prices", "0.{n}683", "9" * 5000),
        ("prices", "0.{n}683", "1e400"),
        ("prices", "0.{n}683", "NaN"),
        ("prices", "0.{n}683", "-1"),
        ("prices", "0.{n}683", "99999999999999999999.5"),
        ("prices", "0.{n}683", "٣"),
        ("prices", "11/18/2026,EA", "11/18/0000,EA"),
        ("prices", ",EA,", ",XX,"),
        ("morphine factors", "{m}.25", "1e99"),
        ("morphine factors", "{m}.25", "0"),
    ],
)
def test_numbers_that_no_price_or_factor_has_are_refused(boss, tmp_path, folder, name, instead, of):
    files = loaded(boss, name, tmp_path)
    text = files[first(files)].decode()
    for n in range(1, COUNT + 1):
        text = text.replace(instead.format(n=n + 10, m=n), of) if "{" in instead else text
    files[first(files)] = text.replace(instead, of).encode()
    refused(boss, put(folder, files))


def test_a_number_of_a_million_digits_in_json_is_refused(boss, folder):
    path = folder / "recalls.json"
    text = openfda(RESULTS["fda-recalls"]).replace('"recalling_firm": "Firm"', f'"recalling_firm": {"9" * 1_000_000}')
    path.write_text(text)
    refused(boss, path)


@pytest.mark.parametrize("what", ["missing", "folder"])
def test_what_is_no_file_is_refused(boss, folder, what):
    path = folder / what
    if what == "folder":
        path.mkdir()
    refused(boss, path)
