"""Two desks look at two labels in the same moment: each gets its own picture.

Drawn in a process of its own: a drawing library that two threads enter ends the process, or hands one the other's picture.
"""

import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
DRAWN = 480
TWO_DESKS = f"""
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from labels.facts import METFORMIN
from officina.labels import sheet

facts = [replace(METFORMIN, drug_name=name) for name in ("metformin hydrochloride", "lisinopril", "warfarin", "amoxicillin")]
alone = [sheet.render(each, kind="png") for each in facts]
assert len(set(alone)) == 4

def draw(number):
    return sheet.render(facts[number % 4], kind="png") == alone[number % 4]

with ThreadPoolExecutor(8) as desks:
    print("own pictures:", sum(desks.map(draw, range({DRAWN}))))
"""


def test_labels_drawn_at_once_are_each_their_own():
    done = subprocess.run(
        [sys.executable, "-c", TWO_DESKS], cwd=TESTS, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"own pictures: {DRAWN}\n"), done.stderr[-2000:]
