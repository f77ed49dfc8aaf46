"""Years of history carried out of one database, into the other, and back: equal to the bit, or refused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import houses
from houses import empty_house

IS_LONG = os.environ.get("OFFICINA_DRILL") == "long"
FILLS = int(os.environ.get("OFFICINA_DRILL_FILLS") or (100_000 if IS_LONG else 100))
DAY = 217 if FILLS > 50_000 else 30
HOURS = 2
ROOT = Path(__file__).resolve().parents[2]


def officina(env, *arguments, status=0):
    return houses.officina(env, *arguments, status=status, seconds=HOURS * 3600)


def files(folder):
    return json.loads((folder / "manifest.json").read_text())["parts"]


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A house on the embedded database with past fills; the one of OFFICINA_FILLED, where that was filled before."""
    if "OFFICINA_FILLED" in os.environ:
        yield houses.at_home(Path(os.environ["OFFICINA_FILLED"]))
        return
    with empty_house(tmp_path_factory.mktemp("full") / "house", embedded=True) as env:
        paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
        subprocess.run(
            [sys.executable, "-m", "bench.fill", str(FILLS), str(DAY)],
            env=env | {"PYTHONPATH": paths, "DJANGO_SETTINGS_MODULE": "officina.project.settings"},
            check=True,
            timeout=3600,
        )
        yield env


def test_there_and_back_again(full, house_env, tmp_path):
    """Embedded, then the database under test, then embedded: after each step every table has the same rows and SHA-256."""
    folders = [tmp_path / name for name in ("first", "second", "third")]
    officina(full, "export", str(folders[0]))
    officina(house_env, "import", str(folders[0]))
    officina(house_env, "export", str(folders[1]))
    with empty_house(tmp_path / "last", embedded=True) as last:
        officina(last, "import", str(folders[1]))
        officina(last, "export", str(folders[2]))
        assert files(folders[0]) == files(folders[1]) == files(folders[2])
        assert sum(part["rows"] for part in files(folders[0])) > 40 * FILLS
        for house in (full, house_env, last):
            assert json.loads(officina(house, "check", "--json")) == {"ok": True, "problems": []}


def test_a_flipped_bit_among_millions_is_refused(full, house_env, tmp_path):
    officina(full, "export", str(tmp_path / "out"))
    largest = max((tmp_path / "out").glob("*.jsonl"), key=lambda file: file.stat().st_size)
    with largest.open("r+b") as file:
        file.seek(largest.stat().st_size // 3)
        (byte,) = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 4]))
    assert officina(house_env, "import", str(tmp_path / "out"), status=1) == ""
    assert json.loads(officina(house_env, "export", str(tmp_path / "nothing"), "--json"))["records"] == 0
