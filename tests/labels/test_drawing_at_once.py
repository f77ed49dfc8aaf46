"""Two desks look at two labels in the same moment: each gets its own picture.

Drawn in a process of its own: a drawing library that two threads enter ends the process, or hands one the other's picture. The font of
a PDF is read from one place of its file after the other, which two threads move under each other's hands.
"""

import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
DRAWN = 320
TWO_DESKS = f"""
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from labels.facts import METFORMIN
from labels.test_receipt import FACTS
from officina.labels import receipt, sheet, tag

# A letter with an accent is put together of two, which are looked for in the font's file.
people = ("José Núñez Íñiguez", "Łucja Örsi", "Àngel Ôté", "Zoë Müller")

def label(kind):
    return lambda name: sheet.render(replace(METFORMIN, patient_name=name), kind=kind)

draw = (
    label("png"),
    label("pdf"),
    lambda name: receipt.render_pdf(replace(FACTS, patient_name=name)),
    lambda name: tag.render_pdf(tag.bag("B2000012", patient_name=name, bin_name="A1")),
)
asked = [(draw[n % 4], people[n // 4 % 4]) for n in range({DRAWN})]
sys.setswitchinterval(0.00001)
with ThreadPoolExecutor(8) as desks:
    drawn = list(desks.map(lambda one: one[0](one[1]), asked))
# Only now, so that the threads were the first who asked for the fonts.
alone = {{one: one[0](one[1]) for one in set(asked)}}
assert len(set(alone.values())) == 16
print("own pictures:", sum(found == alone[one] for found, one in zip(drawn, asked)))
"""


def test_labels_drawn_at_once_are_each_their_own():
    done = subprocess.run(
        [sys.executable, "-c", TWO_DESKS], cwd=TESTS, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"own pictures: {DRAWN}\n"), done.stderr[-2000:]
