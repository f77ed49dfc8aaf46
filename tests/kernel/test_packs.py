from dataclasses import dataclass, replace
from datetime import date

import pytest

from officina.kernel.errors import ParseError
from officina.kernel.packs import Header, Pack, load, one_in_force

HEADER = """
[pack]
name = "us-refills-2026"
title = "Refill limits"
jurisdiction = "US"
effective_from = 2026-01-01
source = "21 CFR 1306.22"
last_verified = 2026-11-22
review = "needs a pharmacist's review"
"""
ROWS = """
[[row]]
schedule = 3
refills = 5

[[row]]
schedule = 2
refills = 0
note = "no refills"
"""


@dataclass(frozen=True, slots=True)
class Limit:
    schedule: int
    refills: int
    note: str = ""


@pytest.fixture
def pack_of(tmp_path):
    def read(text):
        path = tmp_path / "pack.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(path, Limit)

    return read


def test_a_pack_is_read_with_its_rows_in_order(pack_of):
    pack = pack_of(HEADER + ROWS)
    assert pack.rows == (Limit(3, 5), Limit(2, 0, "no refills"))
    assert (pack.header.jurisdiction, pack.header.effective_from, pack.header.effective_to) == (
        "US",
        date(2026, 1, 1),
        None,
    )


def test_a_pack_may_have_no_rows(pack_of):
    assert pack_of(HEADER).rows == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pack = 1",
        "not toml",
        ROWS,
        HEADER.replace('source = "21 CFR 1306.22"\n', ""),
        HEADER.replace("2026-01-01", '"soon"'),
        HEADER + '[[row]]\nschedule = "3"\nrefills = 5\n',
        HEADER + "[[row]]\nschedule = 3\n",
        HEADER + "[row]\nschedule = 3\nrefills = 5\n",
        HEADER + "[[rows]]\nschedule = 3\nrefills = 5\n",
    ],
)
def test_a_pack_of_another_shape_is_an_error_that_names_the_file(pack_of, text):
    with pytest.raises(ParseError, match=r"rule pack at pack\.toml"):
        pack_of(text)


@pytest.mark.parametrize(
    "text",
    [
        HEADER + "effective_untill = 2026-06-30\n",
        HEADER + '[[row]]\nschedule = 3\nrefills = 5\nnotes = "x"\n',
        HEADER + "effective_to = 2025-12-31\n",
    ],
)
def test_a_law_that_would_hold_longer_or_otherwise_than_written_is_an_error(pack_of, text):
    with pytest.raises(ParseError):
        pack_of(text)


def test_a_file_in_another_encoding_is_an_error(pack_of):
    with pytest.raises(ParseError):
        pack_of(HEADER.encode() + b"# \xa7 1306.22\n")


def edition(name, start, end=None):
    header = Header(
        name=name,
        title=name,
        jurisdiction="US",
        effective_from=start,
        effective_to=end,
        source="-",
        last_verified=start,
        review="-",
    )
    return Pack(header, (1,))


OLD = edition("old", date(2025, 1, 1), date(2025, 12, 31))
NEW = edition("new", date(2026, 1, 1))


@pytest.mark.parametrize(
    ("day", "name"),
    [(date(2025, 1, 1), "old"), (date(2025, 12, 31), "old"), (date(2026, 1, 1), "new"), (date(2099, 1, 1), "new")],
)
def test_the_edition_in_force_is_the_one_of_the_day_both_ends_included(day, name):
    assert one_in_force([OLD, NEW], day).header.name == name


def test_no_edition_or_two_is_an_error():
    with pytest.raises(ParseError, match="exactly one edition in force on 2024-12-31"):
        one_in_force([OLD, NEW], date(2024, 12, 31))
    endless = replace(OLD, header=replace(OLD.header, effective_to=None))
    with pytest.raises(ParseError, match="'old', 'new'"):
        one_in_force([endless, NEW], date(2026, 6, 1))
