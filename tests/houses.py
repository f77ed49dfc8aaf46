"""Houses for tests that run the real program in a process of its own: empty, with a day played, or open on a port."""

import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

OFFICINA = [sys.executable, "-m", "officina.cli"]
START_SECONDS = 60
Make = Callable[[dict[str, str]], object]
"""What makes a house in an environment where nothing is."""


def at_home(home: Path) -> dict[str, str]:
    """The environment of the house that lives here, on the embedded database."""
    return _environment(home, "")


@contextmanager
def empty_house(home: Path, *, embedded: bool = False) -> Iterator[dict[str, str]]:
    """The environment of an empty house: a home, and a database that nobody else uses, in which the tables stand already."""
    with copied_house(home, "empty", lambda env: officina(env, "check"), embedded=embedded) as env:
        yield env


@contextmanager
def open_house(home: Path) -> Iterator[dict[str, str]]:
    """The environment of the house Elm Street, open for work: it has the starter list of medicines and nobody in it."""
    with copied_house(home, "open", lambda env: officina(env, "open", "--name", "Elm Street")) as env:
        yield env


@contextmanager
def copied_house(home: Path, name: str, make: Make, *, embedded: bool = False) -> Iterator[dict[str, str]]:
    """A house as `make` leaves one in which nothing was, not even tables.

    It is made once in a test run, by whichever process asks first, and copied for everybody; elsewhere it is made on the spot.
    `embedded` takes the embedded database, whatever the others are on.
    """
    url = "" if embedded else os.environ.get("OFFICINA_DATABASE_URL", "")
    if not _run():
        with _house(home, url) as env:
            make(env)
            yield env
        return
    kept = keep(name, make, url)
    shutil.copytree(kept.home, home, dirs_exist_ok=True)
    with _house(home, url, kept.database) as env:
        yield env


@dataclass(frozen=True)
class Kept:
    """A house that is copied and never worked in."""

    home: Path
    database: str
    """Its name on the server; none of the embedded one, which lies in the home."""


def keep(name: str, make: Make, url: str) -> Kept:
    """The house of that name, made now where no process of this run made it before."""
    assert _run(), "no folder of a test run: the house would be made in the project's own"
    home = Path(_run()) / "houses" / f"{name}-{'server' if url else 'embedded'}"
    kept = Kept(home, _kept_database(home) if url else "")
    home.parent.mkdir(exist_ok=True)
    with home.with_suffix(".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not home.exists():
            made = home.with_suffix(".made")
            if url:
                _on(url, f"CREATE DATABASE {kept.database}")
            make(_environment(made, _with_database(url, kept.database)))
            made.rename(home)
    return kept


def forget_kept_houses() -> None:
    """At the end of a run: what was kept on the server goes; the homes go with the run's folder."""
    url = os.environ.get("OFFICINA_DATABASE_URL", "")
    for home in (Path(_run()) / "houses").glob("*-server") if _run() and url else ():
        _on(url, f"DROP DATABASE IF EXISTS {_kept_database(home)} WITH (FORCE)")


def _run() -> str:
    """The folder of this test run, which its processes share."""
    return os.environ.get("OFFICINA_TEST_HOME", "")


def _kept_database(home: Path) -> str:
    return f"officina_kept_{hashlib.sha256(str(home).encode()).hexdigest()[:12]}"


def _environment(home: Path, url: str) -> dict[str, str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("OFFICINA_", "DJANGO_"))}
    env |= {"OFFICINA_HOME": str(home), "PYTHONUNBUFFERED": "1"} | ({"OFFICINA_DATABASE_URL": url} if url else {})
    if "OFFICINA_REFERENCE_DATA" in os.environ:
        env["OFFICINA_REFERENCE_DATA"] = os.environ["OFFICINA_REFERENCE_DATA"]
    return env


def _with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}")) if url else ""


def _on(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


@contextmanager
def _house(home: Path, url: str, template: str = "") -> Iterator[dict[str, str]]:
    if not url:
        yield _environment(home, "")
        return
    name = f"officina_house_{uuid.uuid4().hex[:12]}"
    _on(url, f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
    try:
        yield _environment(home, _with_database(url, name))
    finally:
        _on(url, f"DROP DATABASE {name} WITH (FORCE)")


def officina(env: dict[str, str], *arguments: str, status: int = 0, seconds: float = 600) -> str:
    """Run a command in a house; gives its standard output, and fails with all that was said where the exit status is another."""
    done = subprocess.run(
        [*OFFICINA, *arguments],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    assert done.returncode == status, (
        f"officina {' '.join(arguments)} → {done.returncode}\n{done.stdout}\n{done.stderr}"
    )
    return done.stdout


@contextmanager
def serving(env: dict[str, str], log: Path) -> Iterator[str]:
    """The house open on a free port of this machine; gives its address."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as file:
        server = subprocess.Popen(
            [*OFFICINA, "serve", "--port", str(port)],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_open(server, url, log)
        yield url
    finally:
        _close(server)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_open(server: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError as answer:
            # A page that says no is a server that is open.
            answer.close()
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"the server did not open at {url}:\n{log.read_text(errors='replace')}")


def _close(server: "subprocess.Popen[bytes]") -> None:
    """Stop the server, its workers and whatever they started."""
    server.terminate()
    with suppress(subprocess.TimeoutExpired):
        server.wait(timeout=15)
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait(timeout=15)
