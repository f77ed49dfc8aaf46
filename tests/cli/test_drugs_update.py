"""`officina drugs update` against a server on this machine: what changed comes in, what failed changes nothing and leaves the others alone."""

import json

import pytest

from file_server import serving_files
from houses import officina, open_house
from small_directory import as_zip, package, product

HEAD = "NDC,NADAC Per Unit,Effective Date,Pricing Unit,As of Date\n"
PRICES = (HEAD + "11111022233,0.28683,12/18/2024,EA,01/22/2025\n").encode()


@pytest.fixture
def server():
    with serving_files() as found:
        yield found


@pytest.fixture
def house_env(tmp_path, server):
    """A house whose own file of addresses points to the server of the test."""
    rows = {
        "fda-ndc": "/ndctext.zip", "fda-unfinished": "/no", "fda-excluded": "/no", "rxnorm": "/no", "orange-book": "/no",
        "nadac": "/nadac.csv", "fda-shortages": "/no", "fda-recalls": "/no",
    }  # fmt: skip
    text = (
        '[pack]\nname = "own"\ntitle = "Own"\njurisdiction = "site"\neffective_from = 2026-01-01\nsource = "test"\n'
        'last_verified = 2026-11-23\nreview = "nobody"\n'
    )
    for key, path in rows.items():
        text += f'[[row]]\nkey = "{key}"\nurl = "{server.url}{path}"\nstale_after = 5\nlargest_mb = 1\n'
    (tmp_path / "own.toml").write_text(text)
    with open_house(tmp_path / "house") as env:
        env["OFFICINA_DRUG_SOURCES"] = str(tmp_path / "own.toml")
        yield env


def directory(server, tmp_path, rows=1, **page):
    path = as_zip(
        tmp_path / "made.zip", [product(n) for n in range(1, rows + 1)], [package(n) for n in range(1, rows + 1)]
    )
    return server.put("/ndctext.zip", body=path.read_bytes(), **page)


def source(env, key):
    found = json.loads(officina(env, "drugs", "status", "--json"))["sources"]
    return next(s for s in found if s["key"] == key)


def test_a_list_is_fetched_brought_in_and_not_sent_again_until_it_changed(house_env, server, tmp_path):
    directory(server, tmp_path, etag='"v1"')
    told = officina(house_env, "drugs", "update", "fda-ndc")
    assert told.startswith("FDA NDC directory, fda-ndc.zip: 1 product rows (1 new, 0 changed, 0 ended)")
    first = source(house_env, "fda-ndc")
    assert (first["rows"], first["url"], first["checked_on"]) == (2, server.url + "/ndctext.zip", first["loaded_on"])
    assert officina(house_env, "drugs", "update", "fda-ndc") == "FDA NDC directory: unchanged since it was fetched.\n"
    assert server.headers("If-None-Match") == ["", '"v1"']
    directory(server, tmp_path, rows=2, etag='"v2"')
    [done] = json.loads(officina(house_env, "drugs", "update", "fda-ndc", "--json"))["sources"]
    assert (done["outcome"], done["imported"]["changes"][1]["added"]) == ("imported", 1)
    assert source(house_env, "fda-ndc")["sha256"] != first["sha256"]
    assert not [p for p in (tmp_path / "house" / "downloads").iterdir() if p.suffix != ".lock"]


def test_the_same_bytes_without_a_name_of_their_edition_are_known_by_their_checksum(house_env, server):
    server.put("/nadac.csv", body=PRICES, kind="text/csv")
    officina(house_env, "drugs", "update", "nadac")
    assert "unchanged" in officina(house_env, "drugs", "update", "nadac")


def test_a_source_that_fails_leaves_the_others_alone(house_env, server, run):
    server.put("/nadac.csv", body=PRICES, kind="text/csv")
    done = run(house_env, "drugs", "update")
    assert done.returncode == 1
    assert "CMS NADAC prices, nadac.csv: 1 price rows (1 new" in done.stdout
    failed = done.stderr.strip().splitlines()
    assert len(failed) == 7
    assert all("Nothing was changed. http://127.0.0.1" in line and "answered 404" in line for line in failed)
    assert source(house_env, "rxnorm")["loaded_on"] is None


def test_a_cut_file_is_gone_on_with_at_the_next_run(house_env, server, tmp_path, said_no):
    directory(server, tmp_path, etag='"v1"', cut_after=[100, 0, 0])
    assert "What came is kept" in said_no(house_env, "drugs", "update", "fda-ndc", status=1)
    assert source(house_env, "fda-ndc")["loaded_on"] is None
    assert "1 product rows" in officina(house_env, "drugs", "update", "fda-ndc")
    assert server.headers("Range")[-1] == "bytes=100-"


WRONG = (
    ({"body": b"<html>moved</html>", "kind": "text/html"}, "a web page and no file"),
    ({"body": b"PK\x03\x04 and no more"}, "it was cut off"),
    ({"body": PRICES}, "is no file of fda-ndc"),
    ({"body": b"a,b\n1,2\n"}, "is no source of the drug file"),
    ({"body": b"x" * 1_000_001}, "larger than 1 MB"),
)


def test_what_is_no_directory_changes_nothing(house_env, server, said_no):
    for page, told in WRONG:
        server.put("/ndctext.zip", **page)
        sentence = said_no(house_env, "drugs", "update", "fda-ndc", status=1)
        assert "Nothing was changed" in sentence
        assert told in sentence
    found = json.loads(officina(house_env, "drugs", "status", "--json"))["sources"]
    assert {s["loaded_on"] for s in found} == {None}


def test_a_file_from_elsewhere_is_kept_where_the_owner_asks(house_env, server, tmp_path):
    url = server.put("/elsewhere.csv", body=PRICES, kind="text/csv")
    officina(house_env, "drugs", "update", "nadac", "--from", url, "--keep", str(tmp_path / "kept"))
    assert (tmp_path / "kept" / "nadac.csv").read_bytes() == PRICES


def test_what_cannot_be_asked_for_is_told(house_env, said_no):
    assert "There is no source 'ndc'" in said_no(house_env, "drugs", "update", "ndc", status=1)
    assert "a page, not a file" in said_no(house_env, "drugs", "update", "cdc-mme", status=1)
    assert "exactly one source" in said_no(house_env, "drugs", "update", "--from", "http://127.0.0.1/", status=1)
    wrong = house_env | {"OFFICINA_DRUG_SOURCES": "/nowhere.toml"}
    assert "a file that is there" in said_no(wrong, "drugs", "update", "nadac", status=1)
