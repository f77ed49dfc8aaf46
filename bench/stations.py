"""People at stations over HTTP: each a keep-alive connection with a session of its own, in a process of its own when several work at once."""

import http.client
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context
from urllib.parse import urlencode, urlsplit

from django.contrib.sessions.backends.db import SessionStore
from django.db import connections

from officina.base.access import Actor
from officina.kernel import clock
from officina.web import shell

TOKEN = "b" * 32
BOUNDARY = "officina-bench"


@dataclass
class Station:
    """One person at one browser."""

    url: str
    session: str
    took: list[float] = field(default_factory=list)
    """Milliseconds of each request that was timed."""

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        self.cookie = f"sessionid={self.session}; csrftoken={TOKEN}"

    def get(self, path: str, *, part: str = "") -> str:
        """A page, or one part of it as a list asks for when it refreshes itself."""
        return self._ask("GET", path, headers=_htmx(part))

    def post(self, path: str, *, part: str = "", **fields: object) -> str:
        """A button of a page."""
        body = urlencode({**fields, "csrfmiddlewaretoken": TOKEN})
        return self._ask(
            "POST", path, body.encode(), _htmx(part) | {"Content-Type": "application/x-www-form-urlencoded"}
        )

    def upload(self, path: str, *, part: str = "", name: str, data: bytes, **fields: str) -> str:
        """A form with a file."""
        lines = [b"".join(_part(key, value)) for key, value in {**fields, "csrfmiddlewaretoken": TOKEN}.items()]
        lines.append(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="order.xml"\r\n'
            "Content-Type: application/xml\r\n\r\n".encode()
            + data
            + b"\r\n"
        )
        body = b"".join(lines) + f"--{BOUNDARY}--\r\n".encode()
        return self._ask(
            "POST", path, body, _htmx(part) | {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        )

    def _ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> str:
        began = time.perf_counter()
        self.connection.request(method, path, body, {"Cookie": self.cookie, **(headers or {})})
        answer = self.connection.getresponse()
        text = answer.read().decode()
        self.took.append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            raise AssertionError(f"{method} {path} → {answer.status}\n{text[:2000]}")
        return text


def _htmx(part: str) -> dict[str, str]:
    return {"HX-Request": "true", "HX-Target": part} if part else {}


def _part(key: str, value: object) -> Iterable[bytes]:
    yield f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()


class Turns:
    """So many turns, each dealt to whoever is free next: a station that is answered faster works more, and nobody is waited for at the end."""

    def __init__(self, many: int) -> None:
        self.many, self.dealt = many, get_context("fork").Value("i", 0)

    def __iter__(self) -> Iterator[int]:
        while True:
            with self.dealt.get_lock():
                number, self.dealt.value = self.dealt.value, self.dealt.value + 1
            if number >= self.many:
                return
            yield number


def in_pairs(took: list[list[float]]) -> list[float]:
    """What each two requests of a person took together."""
    return [a + b for each in took for a, b in zip(each[0::2], each[1::2], strict=True)]


def seated(actor: Actor) -> str:
    """The key of a session in which the person is signed in: the measurement is of their work, not of their password's hash."""
    session = SessionStore()
    shell.seat(session, actor, at=clock.now())
    session.save()
    return str(session.session_key)


def at_once(works: list[Callable[[], list[float]]]) -> tuple[float, list[list[float]]]:
    """Run works at the same moment, a process each; gives seconds from the first start to the last end, and what each gave."""
    connections.close_all()
    context = get_context("fork")
    barrier, found = context.Barrier(len(works)), context.Queue()
    people = [context.Process(target=_one, args=(number, work, barrier, found)) for number, work in enumerate(works)]
    for person in people:
        person.start()
    told = dict(found.get(timeout=900) for _ in people)
    for person in people:
        person.join()
    failed = [t for t in told.values() if isinstance(t, str)]
    if failed:
        raise AssertionError(failed[0])
    began, ended = min(t[0] for t in told.values()), max(t[1] for t in told.values())
    return ended - began, [told[number][2] for number in range(len(works))]


def _one(number: int, work: Callable[[], list[float]], barrier: object, found: object) -> None:
    try:
        barrier.wait(60)  # type: ignore[attr-defined]
        began = time.monotonic()
        took = work()
        found.put((number, (began, time.monotonic(), took)))  # type: ignore[attr-defined]
    except Exception as problem:  # noqa: BLE001  told to the process that waits
        found.put((number, f"{type(problem).__name__}: {problem}"))  # type: ignore[attr-defined]
    finally:
        found.close()  # type: ignore[attr-defined]
        found.join_thread()  # type: ignore[attr-defined]
        os._exit(0)
