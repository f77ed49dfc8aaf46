"""Files fetched over real HTTP from a server on this machine: whole, gone on with, or refused with nothing kept for a file."""

import json
from dataclasses import replace

import pytest

from file_server import serving_files
from officina.drugs.fetching import Order, check_address, fetch
from officina.kernel.errors import Refused

BODY = bytes(range(256)) * 4096
OTHER = BODY[::-1]


@pytest.fixture
def server():
    with serving_files() as found:
        yield found


def order(url: str, **changed) -> Order:
    return replace(Order(key="fda-ndc", url=url, largest=10_000_000, patience=5, pauses=(0, 0)), **changed)


def left(folder) -> set[str]:
    return {p.name for p in folder.iterdir()} - {"fda-ndc.lock"}


def test_a_file_comes_whole_with_the_names_its_server_gives_it(server, tmp_path):
    url = server.put("/ndctext.zip", body=BODY, etag='"v1"', modified="Mon, 23 Nov 2026 00:00:00 GMT")
    heard = []
    came = fetch(order(url), tmp_path, tell=lambda so_far, of: heard.append((so_far, of)))
    assert came.path.read_bytes() == BODY
    assert (came.path.name, came.etag, came.modified) == ("fda-ndc.zip", '"v1"', "Mon, 23 Nov 2026 00:00:00 GMT")
    assert heard[-1] == (len(BODY), len(BODY))
    assert left(tmp_path) == {"fda-ndc.zip"}


def test_a_server_that_tells_no_length_is_read_to_its_end(server, tmp_path):
    url = server.put("/a.csv", body=BODY, says_length=False, kind="text/csv")
    assert fetch(order(url), tmp_path).path.read_bytes() == BODY


def test_what_the_house_has_already_is_not_sent_again(server, tmp_path):
    url = server.put("/a.zip", body=BODY, etag='"v1"')
    assert fetch(order(url, etag='"v1"'), tmp_path) is None
    assert fetch(order(url, etag='"v0"'), tmp_path).etag == '"v1"'


@pytest.mark.parametrize(
    ("names", "condition"),
    [
        ({"etag": '"v1"'}, '"v1"'),
        ({"etag": 'W/"v1"', "modified": "Mon, 23 Nov 2026 00:00:00 GMT"}, "Mon, 23 Nov 2026 00:00:00 GMT"),
        ({"modified": "Mon, 23 Nov 2026 00:00:00 GMT"}, "Mon, 23 Nov 2026 00:00:00 GMT"),
    ],
)
def test_a_file_that_is_cut_is_gone_on_with_from_where_it_was(server, tmp_path, names, condition):
    url = server.put("/a.zip", body=BODY, cut_after=[100_000, 200_000], **names)
    assert fetch(order(url), tmp_path).path.read_bytes() == BODY
    assert server.headers("Range") == ["", "bytes=100000-", "bytes=300000-"]
    assert server.headers("If-Range") == ["", condition, condition]


def test_what_was_cut_too_often_is_kept_for_the_next_run(server, tmp_path):
    url = server.put("/a.zip", body=BODY, etag='"v1"', cut_after=[1000, 1000, 1000])
    with pytest.raises(Refused, match=r"only 3,000 of 1,048,576 bytes came. What came is kept: run it again"):
        fetch(order(url), tmp_path)
    assert left(tmp_path) == {"fda-ndc.part", "fda-ndc.part.json"}
    assert fetch(order(url), tmp_path).path.read_bytes() == BODY
    assert server.headers("Range")[-1] == "bytes=3000-"


def test_a_file_that_changed_in_between_is_begun_anew(server, tmp_path):
    url = server.put("/a.zip", body=BODY, etag='"v1"', cut_after=[1000])
    with pytest.raises(Refused):
        fetch(order(url, pauses=()), tmp_path)
    server.put("/a.zip", body=OTHER, etag='"v2"')
    came = fetch(order(url), tmp_path)
    assert came.path.read_bytes() == OTHER
    assert came.etag == '"v2"'


def test_a_file_of_which_no_edition_is_told_is_never_put_together_of_two(server, tmp_path):
    url = server.put("/a.zip", body=BODY, cut_after=[1000])
    with pytest.raises(Refused):
        fetch(order(url, pauses=()), tmp_path)
    server.put("/a.zip", body=OTHER)
    assert fetch(order(url), tmp_path).path.read_bytes() == OTHER
    assert set(server.headers("Range")) == {""}


def test_a_server_that_goes_on_elsewhere_or_knows_no_ranges_gives_the_whole_file(server, tmp_path):
    for wrong in ({"wrong_range": True}, {"knows_ranges": False}):
        url = server.put("/a.zip", body=BODY, etag='"v1"', cut_after=[1000], **wrong)
        assert fetch(order(url), tmp_path).path.read_bytes() == BODY


@pytest.mark.parametrize("says_416", [True, False])
def test_a_part_that_is_longer_than_the_file_is_thrown_away(server, tmp_path, says_416):
    url = server.put("/a.zip", body=BODY, etag='"v1"', says_416=says_416)
    (tmp_path / "fda-ndc.part").write_bytes(b"x" * 2_000_000)
    (tmp_path / "fda-ndc.part.json").write_text(json.dumps({"url": url, "etag": '"v1"', "modified": ""}))
    assert fetch(order(url), tmp_path).path.read_bytes() == BODY


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ({"status": 404}, "answered 404 Not Found"),
        ({"status": 403}, "answered 403 Forbidden"),
        ({"status": 500}, "answered 500 Internal Server Error"),
        ({"body": b"<!DOCTYPE html><title>Moved</title>", "kind": "text/html"}, "a web page and no file"),
        ({"body": b"\xef\xbb\xbf\n<HTML><body>Busy</body>"}, "a web page and no file"),
        ({"body": b"any,csv\n", "kind": "text/html; charset=utf-8"}, "a web page and no file"),
        ({"body": b""}, "an empty file"),
        ({"body": BODY, "promised": len(BODY) + 5}, "only 1,048,576 of 1,048,581 bytes came"),
        ({"body": b"x" * 10_000_001}, "larger than 10 MB"),
        ({"body": b"x" * 10_000_001, "says_length": False}, "larger than 10 MB"),
        ({"body": BODY, "promised": 10**13}, "larger than 10 MB"),
        ({"status": 302, "location": "http://localhost:1/a.zip"}, "another host, localhost"),
        ({"status": 302, "location": "file:///etc/hostname"}, "answered 302"),
        ({"status": 302, "location": "/a.zip"}, "answered 302"),
    ],
)
def test_what_is_no_file_is_refused_in_a_sentence_and_leaves_nothing(server, tmp_path, page, told):
    url = server.put("/a.zip", **page)
    with pytest.raises(Refused, match=told) as no:
        fetch(order(url), tmp_path)
    assert left(tmp_path) <= {"fda-ndc.part", "fda-ndc.part.json"}
    assert not (tmp_path / "fda-ndc.zip").exists()
    assert no.value.sentence.count("\n") == 0


def test_what_is_too_large_or_a_page_fills_no_disk(server, tmp_path):
    for page in ({"body": b"x" * 10_000_001, "says_length": False}, {"body": b"<html>", "etag": '"v1"'}):
        with pytest.raises(Refused):
            fetch(order(server.put("/a.zip", **page)), tmp_path)
        assert left(tmp_path) == set()


def test_a_server_sends_on_within_its_own_host_and_to_those_that_the_pack_names(server, tmp_path):
    server.put("/b.zip", body=BODY)
    assert fetch(order(server.put("/a.zip", status=302, location="/b.zip")), tmp_path).path.read_bytes() == BODY
    elsewhere = server.url.replace("127.0.0.1", "localhost") + "/b.zip"
    url = server.put("/a.zip", status=302, location=elsewhere)
    assert fetch(order(url, hosts=("localhost",)), tmp_path).path.read_bytes() == BODY


def test_a_server_that_says_nothing_is_not_waited_for(server, tmp_path):
    url = server.put("/a.zip", body=BODY, waits=60)
    with pytest.raises(Refused, match=r"nothing came for 0\.2 seconds"):
        fetch(order(url, patience=0.2, pauses=()), tmp_path)


def test_a_server_that_drips_is_ended_when_its_time_is_over(server, tmp_path):
    url = server.put("/a.zip", body=BODY, etag='"v1"')
    with pytest.raises(Refused, match=r"it took too long\. What came is kept"):
        fetch(order(url, most_seconds=0, pauses=()), tmp_path)


def test_nobody_at_the_address_is_a_sentence(tmp_path):
    with pytest.raises(Refused, match="could not be reached"):
        fetch(order("http://127.0.0.1:1/a.zip", pauses=()), tmp_path)


def test_an_entry_of_a_catalogue_names_the_file(server, tmp_path):
    server.put("/nadac-11-18-2026.csv", body=BODY, kind="text/csv")
    text = json.dumps({"distribution": [{"downloadURL": server.url + "/nadac-11-18-2026.csv"}]})
    url = server.put("/items/1", body=text.replace("/", "\\/").encode(), kind="application/json")
    assert fetch(order(url, names_file=True), tmp_path).path.read_bytes() == BODY


@pytest.mark.parametrize(
    "entry",
    [
        "{}",
        '{"downloadURL": 7}',
        '{"downloadURL": "file:///etc/hostname"}',
        '{"downloadURL": "http://localhost/a.csv"}',
        '{"downloadURL": "http://[/a"}',
        '{"downloadURL": "\\q"}',
    ],
)
def test_an_entry_that_names_no_file_of_the_house_is_refused(server, tmp_path, entry):
    url = server.put("/items/1", body=entry.encode(), kind="application/json")
    with pytest.raises(Refused):
        fetch(order(url, names_file=True), tmp_path)
    assert left(tmp_path) == set()


@pytest.mark.parametrize("url", ["", "ndctext.zip", "file:///etc/hostname", "ftp://a/b", "http:///a", "http://[/"])
def test_only_http_is_an_address(tmp_path, url):
    with pytest.raises(Refused, match="no address"):
        check_address(url)
    with pytest.raises(Refused, match="no address"):
        fetch(order(url), tmp_path)


def test_two_updates_of_one_list_do_not_write_into_each_other(server, tmp_path):
    url = server.put("/a.zip", body=BODY)
    second = []

    def during(_so_far, _of):
        if not second:
            with pytest.raises(Refused, match="another update of fda-ndc is at work") as no:
                fetch(order(url), tmp_path)
            second.append(no)

    assert fetch(order(url), tmp_path, tell=during).path.read_bytes() == BODY
    assert second


def test_a_folder_that_cannot_be_written_is_a_sentence(server, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="could not be written"):
        fetch(order(server.put("/a.zip", body=BODY)), tmp_path / "file" / "folder")
