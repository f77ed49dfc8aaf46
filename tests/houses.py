"""Empty houses for tests that run the real program in a process of its own, on the database under test."""

import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

OFFICINA = [sys.executable, "-m", "officina.cli"]


@contextmanager
def empty_house(home: Path) -> Iterator[dict[str, str]]:
    """The environment of an empty house: a home, and a database that nobody else uses."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("OFFICINA_", "DJANGO_"))}
    env |= {"OFFICINA_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    if "OFFICINA_REFERENCE_DATA" in os.environ:
        env["OFFICINA_REFERENCE_DATA"] = os.environ["OFFICINA_REFERENCE_DATA"]
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
