"""Two desks look at two labels in the same moment: each gets its own picture.

Drawn in a process of its own: a drawing library that two threads enter ends the process, or hands one the other's picture. The font of
a PDF is read from one place of its file after the other, which two threads move under each other's hands.
"""

import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
DRAWN = 480
TWO_DESKS = f"""
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from labels.facts import METFORMIN
from officina.labels import sheet

# A letter with an accent is put together of two, which are looked for in the font's file.
people = ("José Núñez Íñiguez", "Łucja Örsi", "Àngel Ôté", "Zoë Müller")
facts = [replace(METFORMIN, patient_name=name) for name in people]
alone = [(sheet.render(each, kind="png"), sheet.render(each, kind="pdf")) for each in facts]
assert len(set(alone)) == 4
sys.setswitchinterval(0.00001)

def draw(number):
    kind = number % 3 == 0  # a picture takes longer
    return sheet.render(facts[number % 4], kind="pdf" if kind else "png") == alone[number % 4][kind]

with ThreadPoolExecutor(8) as desks:
    print("own pictures:", sum(desks.map(draw, range({DRAWN}))))
"""


def test_labels_drawn_at_once_are_each_their_own():
    done = subprocess.run(
        [sys.executable, "-c", TWO_DESKS], cwd=TESTS, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"own pictures: {DRAWN}\n"), done.stderr[-2000:]
