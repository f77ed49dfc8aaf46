"""A server of files on this machine that behaves, or misbehaves, as a test asks: cut, slow, changed, lying, sending elsewhere."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Page:
    """What stands at one address."""

    body: bytes = b""
    etag: str = ""
    modified: str = ""
    kind: str = "application/zip"
    status: int = 200
    location: str = ""
    cut_after: list[int] = field(default_factory=list)
    """Bytes after which each of the next answers ends early."""
    promised: int | None = None
    """A Content-Length other than the body's."""
    says_length: bool = True
    waits: float = 0
    """Seconds before the body."""
    knows_ranges: bool = True
    wrong_range: bool = False
    says_416: bool = True


class FileServer:
    """Pages by path, and what was asked for."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.gone = threading.Event()

    def put(self, path: str, **page: object) -> str:
        """Put a page at a path; gives its address."""
        self.pages[path] = Page(**page)
        return self.url + path

    def headers(self, name: str) -> list[str]:
        """That header of every request so far."""
        return [headers.get(name, "") for _, headers in self.asked]


@contextmanager
def serving_files() -> Iterator[FileServer]:
    """A server on a free port of this machine, over real HTTP."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    desk = FileServer(f"http://127.0.0.1:{server.server_port}")
    server.desk = desk
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield desk
    finally:
        desk.gone.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        desk: FileServer = self.server.desk
        desk.asked.append((self.path, dict(self.headers)))
        page = desk.pages.get(self.path, Page(status=404))
        self.close_connection = True
        if page.status == 200 and page.etag and self.headers.get("If-None-Match") == page.etag:
            return self._head(page, 304)
        if page.status != 200:
            return self._head(page, page.status)
        return self._send(page, desk)

    def _head(self, page: Page, status: int) -> None:
        self.send_response(status)
        if page.location:
            self.send_header("Location", page.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, page: Page, desk: FileServer) -> None:
        begin = self._begin(page)
        if begin is not None and begin >= len(page.body) and page.says_416:
            return self._head(page, 416)
        self.send_response(206 if begin is not None else 200)
        rest = page.body[begin or 0 :]
        if begin is not None:
            told = begin + 1 if page.wrong_range else begin
            self.send_header("Content-Range", f"bytes {told}-{len(page.body) - 1}/{len(page.body)}")
        if page.says_length:
            self.send_header("Content-Length", str(len(rest) if page.promised is None else page.promised))
        for name, value in (("ETag", page.etag), ("Last-Modified", page.modified), ("Content-Type", page.kind)):
            if value:
                self.send_header(name, value)
        self.end_headers()
        desk.gone.wait(page.waits)
        if page.cut_after:
            rest = rest[: page.cut_after.pop(0)]
        with suppress(ConnectionError):
            self.wfile.write(rest)
        return None

    def _begin(self, page: Page) -> int | None:
        """From which byte on is asked; None for the whole file, as where it is no more the same."""
        asked = self.headers.get("Range", "")
        if not asked or not page.knows_ranges or self.headers.get("If-Range") not in {page.etag, page.modified}:
            return None
        return int(asked.removeprefix("bytes=").removesuffix("-"))
