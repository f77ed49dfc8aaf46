"""Fetching one file over HTTP into a folder: streamed, gone on with where it was cut, never larger than agreed, never a page for a file.

The only place of the drug file that speaks with a network, and only the command line calls it: no desk ever waits for a server.
"""

import fcntl
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path, PurePosixPath
from ssl import SSLError
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from officina.kernel.errors import Refused

AGENT = "Officina (pharmacy system; drug file)"
_CHUNK = 1 << 16
_HEAD = 512
_NAME_FILE = 1 << 20
"""A catalogue entry that names a file is a few kilobytes."""
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)", re.ASCII)
_PAGE = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_DOWNLOAD = re.compile(r'"downloadURL"\s*:\s*("(?:[^"\\]|\\.)*")')
_SUFFIXES = {".zip", ".csv", ".json", ".txt", ".gz"}

Tell = Callable[[int, int | None], None]
"""Hears bytes so far, and of how many where the server tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be fetched."""

    key: str
    """Names the file in the folder."""
    url: str
    largest: int
    hosts: tuple[str, ...] = ()
    """Other hosts to which the server may send on."""
    names_file: bool = False
    etag: str = ""
    """Of the edition that the house has from this very address; the server then need not send it again."""
    modified: str = ""
    patience: float = 60
    """Seconds in which something must come."""
    most_seconds: float = 4 * 3600
    pauses: tuple[float, ...] = (1, 4)
    """Seconds before each further try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A file that is whole."""

    path: Path
    url: str
    """From where it came in the end."""
    etag: str
    modified: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """Of which edition a part is: parts of two editions make no file."""

    url: str
    etag: str
    modified: str

    @property
    def condition(self) -> str:
        """What the server must still have for the part to be gone on with; empty where it cannot tell."""
        return self.modified if not self.etag or self.etag.startswith("W/") else self.etag


class _Cut(Exception):
    """The connection ended or said nothing for too long; what came is kept, and another try may go on."""


class _Worthless(_Cut):
    """What came so far belongs to no file that the server still has."""


class _NotChanged(Exception):
    """The server still has the edition that the house has."""


def fetch(order: Order, folder: Path, *, tell: Tell | None = None) -> Came | None:
    """Fetch a file; None where the house has this edition already. Refused, in a sentence, where it does not come whole."""
    with _said_plainly(order.url), _alone(folder, order.key):
        try:
            url = _named(order) if order.names_file else order.url
            return _tried(order, url, folder, tell or _tell_nobody)
        except _NotChanged:
            return None


def _tried(order: Order, url: str, folder: Path, tell: Tell) -> Came:
    """Fetch, and again where it was cut: what came stays, and only the rest is asked for."""
    part = _Part(folder, order.key, url)
    until = time.monotonic() + order.most_seconds
    for pause in (*order.pauses, None):
        try:
            return _once(order, url, part, tell, until)
        except Refused:
            part.drop()
            raise
        except _Cut as cut:
            if isinstance(cut, _Worthless):
                part.drop()
            if pause is None or time.monotonic() + pause > until:
                kept = ". What came is kept: run it again to go on from there" if part.size() else ""
                raise _no(url, f"{cut}{kept}") from None
            time.sleep(pause)
    raise AssertionError("unreachable")


def _once(order: Order, url: str, part: "_Part", tell: Tell, until: float) -> Came:
    mark, have = part.mark(), part.size()
    with _opened(order, url, mark, have) as answer:
        new = _Mark(url=url, etag=answer.headers.get("ETag", ""), modified=answer.headers.get("Last-Modified", ""))
        total, begins = _size(answer)
        if begins and (mark is None or begins != have or new.etag not in {"", mark.etag} or begins > (total or begins)):
            raise _Worthless("it went on with another file than it had begun")
        if total is not None and total > order.largest:
            raise _too_large(url, order.largest)
        new = mark if begins and mark else part.begin(new)
        with part.path.open("ab") as file:
            got = _copied(answer, file, url, at=begins, total=total, largest=order.largest, tell=tell, until=until)
    if total is not None and got != total:
        raise _Cut(f"only {got:,} of {total:,} bytes came")
    if got == 0:
        raise _no(url, "it sent an empty file")
    return Came(path=part.become_whole(_suffix(answer.url)), url=url, etag=new.etag, modified=new.modified)


class _Part:
    """What came so far of one address, and of which edition it is."""

    def __init__(self, folder: Path, key: str, url: str) -> None:
        self.path, self._note, self._url = folder / f"{key}.part", folder / f"{key}.part.json", url
        self._folder, self._key = folder, key

    def mark(self) -> _Mark | None:
        """Of which edition an earlier part is; None where there is none, or it cannot be gone on with."""
        try:
            mark = _Mark(**json.loads(self._note.read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return mark if mark.url == self._url and mark.condition and self.path.is_file() else None

    def size(self) -> int:
        """How much is there that can be gone on with."""
        return self.path.stat().st_size if self.mark() else 0

    def begin(self, mark: _Mark) -> _Mark:
        """Start anew with this edition."""
        self.path.write_bytes(b"")
        self._note.write_text(json.dumps(asdict(mark)))
        return mark

    def drop(self) -> None:
        """Throw away what is of no use."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def become_whole(self, suffix: str) -> Path:
        """The part gets the name of the file."""
        whole = self._folder / f"{self._key}{suffix}"
        self.path.replace(whole)
        self._note.unlink(missing_ok=True)
        return whole


@contextmanager
def _opened(order: Order, url: str, mark: _Mark | None, have: int) -> Iterator[HTTPResponse]:
    headers = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
    if mark is not None and have:
        headers |= {"Range": f"bytes={have}-", "If-Range": mark.condition}
    elif order.etag:
        headers |= {"If-None-Match": order.etag}
    elif order.modified:
        headers |= {"If-Modified-Since": order.modified}
    with _asked(url, headers, order) as answer:
        yield answer


@contextmanager
def _asked(url: str, headers: dict[str, str], order: Order) -> Iterator[HTTPResponse]:
    opener = build_opener(_SameHouse(url, order.hosts))
    try:
        with opener.open(Request(url, headers=headers), timeout=order.patience) as answer:  # noqa: S310  # scheme is checked
            yield answer
    except HTTPError as problem:
        with problem:
            if problem.code == 304:
                raise _NotChanged from None
            told = f"it answered {problem.code} {_one_line(problem.reason)}"
        if problem.code == 416:
            raise _Worthless(told) from None
        raise _Cut(told) if problem.code >= 500 or problem.code == 429 else _no(url, told) from None
    except URLError as problem:
        raise _Cut(f"it could not be reached ({_one_line(problem.reason)})") from None
    except TimeoutError:
        raise _Cut(f"nothing came for {order.patience:g} seconds") from None
    except (ConnectionError, SSLError, HTTPException) as problem:
        raise _Cut(f"the connection ended ({problem or type(problem).__name__})") from None


def _size(answer: HTTPResponse) -> tuple[int | None, int]:
    """How large the whole file is, where the server tells, and at which byte its answer begins."""
    if answer.status == 206:
        found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        return (int(found[2]), int(found[1])) if found else (None, -1)
    length = answer.headers.get("Content-Length", "")
    return (int(length) if length.isascii() and length.isdigit() else None), 0


def _copied(
    answer: HTTPResponse,
    file: IO[bytes],
    url: str,
    *,
    at: int,
    total: int | None,
    largest: int,
    tell: Tell,
    until: float,
) -> int:
    """Copy what comes; gives how much is there in the end."""
    first = at == 0
    while chunk := _read(answer):
        if first and (answer.headers.get_content_type() == "text/html" or _PAGE.match(chunk[:_HEAD])):
            raise _no(url, "it sent a web page and no file. Look whether the address is still right")
        first = False
        at += len(chunk)
        if at > (largest if total is None else min(total, largest)):
            raise _too_large(url, largest) if at > largest else _no(url, "it sent more than it said it would")
        file.write(chunk)
        tell(at, total)
        if time.monotonic() > until:
            raise _Cut("it took too long")
    return at


def _read(answer: HTTPResponse) -> bytes:
    try:
        return answer.read1(_CHUNK)
    except HTTPException as problem:
        raise _Cut(f"the connection ended ({type(problem).__name__})") from None


def _named(order: Order) -> str:
    """The address of the file, as the entry in the catalogue names it."""
    with _asked(order.url, {"User-Agent": AGENT, "Accept": "application/json"}, order) as answer:
        text = answer.read(_NAME_FILE).decode("utf-8", errors="replace")
    found = _DOWNLOAD.search(text)
    if found is None:
        raise _no(order.url, "it names no file (downloadURL). Look whether the address is still right")
    try:
        url = urljoin(order.url, str(json.loads(found[1])))
    except ValueError:
        raise _no(order.url, "it names a file that is no address") from None
    _check_way(order.url, url, order.hosts)
    return url


class _SameHouse(HTTPRedirectHandler):
    """Follows the server to its own host and to those of the pack: whoever can bend an address must not choose our drug file."""

    def __init__(self, url: str, hosts: tuple[str, ...]) -> None:
        self._url, self._hosts = url, hosts

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        try:
            _check_way(self._url, newurl, self._hosts)
        except Refused:
            fp.close()
            raise
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def check_address(url: str) -> None:
    """Refused where an address is none that may be fetched from: no file of this machine, no other protocol."""
    with suppress(ValueError):
        if urlsplit(url).scheme in {"http", "https"} and urlsplit(url).hostname:
            return
    raise Refused("no_address", f"{url!r} is no address of the form https://host/file.")


def _check_way(begin: str, url: str, hosts: tuple[str, ...]) -> None:
    check_address(url)
    old, new = urlsplit(begin), urlsplit(url)
    if new.hostname != old.hostname and new.hostname not in hosts:
        raise _no(
            begin, f"it sends on to another host, {new.hostname}, and is not followed. If that is right: --from {url}"
        )
    if old.scheme == "https" and new.scheme != "https":
        raise _no(begin, "it sends on to an address without encryption, and is not followed")


@contextmanager
def _alone(folder: Path, key: str) -> Iterator[None]:
    """One process a file: two that write the same part make no file."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (folder / f"{key}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
    except BlockingIOError:
        raise Refused("at_work", f"Nothing was changed: another update of {key} is at work.") from None


@contextmanager
def _said_plainly(url: str) -> Iterator[None]:
    check_address(url)
    try:
        yield
    except _Cut as cut:
        raise _no(url, str(cut)) from None
    except OSError as problem:
        raise _no(url, f"the file could not be written ({problem.strerror or problem})") from None


def _no(url: str, what: str) -> Refused:
    return Refused("not_fetched", f"Nothing was changed. {url}: {what}.")


def _one_line(text: object) -> str:
    """What a server says, without what would play with the terminal."""
    return "".join(c if c.isprintable() else " " for c in str(text))[:120]


def _too_large(url: str, largest: int) -> Refused:
    return _no(url, f"the file is larger than {largest // 1_000_000:,} MB, the most that is taken (largest_mb)")


def _suffix(url: str) -> str:
    found = PurePosixPath(urlsplit(url).path).suffix.lower()
    return found if found in _SUFFIXES else ""


def _tell_nobody(_so_far: int, _of: int | None) -> Any:
    return None
