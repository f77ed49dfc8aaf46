"""One house with a day played in it, and two ways to run the program: a day takes half a minute."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from houses import OFFICINA, copied_house, officina

ANSWER = "demonstration.json"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """The environment of the house, and what the demonstration answered."""
    with copied_house(tmp_path_factory.mktemp("played") / "house", "played", play) as env:
        yield env, json.loads((Path(env["OFFICINA_HOME"]) / ANSWER).read_text())


def play(env: dict[str, str]) -> None:
    """Play a day, and lay what the demonstration answered into the home of the house."""
    told = officina(env, "demo", "--prescriptions", "25", "--no-serve", "--json")
    (Path(env["OFFICINA_HOME"]) / ANSWER).write_text(told)


@pytest.fixture(scope="session")
def run() -> Run:
    """Run a command in a house, whatever comes of it."""

    def call(env: dict[str, str], *arguments: object) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*OFFICINA, *map(str, arguments)],
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return call


@pytest.fixture(scope="session")
def said_no(run: Run) -> Callable[..., str]:
    """Run a command that must fail in words; gives its standard error, where no traceback is, and nothing stands beside it."""

    def call(env: dict[str, str], *arguments: object, status: int) -> str:
        done = run(env, *arguments)
        assert done.returncode == status, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout == ""
        return done.stderr

    return call
