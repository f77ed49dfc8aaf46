"""Houses for tests that run the real program in a process of its own: empty, with a day played, or open on a port."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

OFFICINA = [sys.executable, "-m", "officina.cli"]
START_SECONDS = 60


def at_home(home: Path) -> dict[str, str]:
    """The environment of the house that lives here, on the embedded database."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("OFFICINA_", "DJANGO_"))}
    if "OFFICINA_REFERENCE_DATA" in os.environ:
        env["OFFICINA_REFERENCE_DATA"] = os.environ["OFFICINA_REFERENCE_DATA"]
    return env | {"OFFICINA_HOME": str(home), "PYTHONUNBUFFERED": "1"}


@contextmanager
def empty_house(home: Path) -> Iterator[dict[str, str]]:
    """The environment of an empty house: a home, and a database that nobody else uses."""
    env = at_home(home)
    url = os.environ.get("OFFICINA_DATABASE_URL")
    if not url:
        yield env
        return
    name = f"officina_house_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield env | {"OFFICINA_DATABASE_URL": urlunsplit(urlsplit(url)._replace(path=f"/{name}"))}
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


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
