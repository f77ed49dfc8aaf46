"""A long search for bytes that break a reader or a page, led by which lines they reach.

    PYTHONPATH=tests .venv/bin/python tools/fuzz.py script --seconds 600
    PYTHONPATH=tests .venv/bin/python tools/fuzz.py script --again .cache/fuzz/script/crash-…

`forms` and `uploads` send requests to a house on a database of their own: the bytes are the dice that choose the page, the person, the
form and what is wrong with it.

It needs `pip install atheris` (Apache-2.0), which is in no lock: it is built for Linux only, and nothing else needs it. What reaches
new lines is kept in .cache/fuzz and tried first the next time; what breaks a reader is written there, and the search ends.
"""

import argparse
import hashlib
import logging
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

KEPT = Path(__file__).resolve().parent.parent / ".cache" / "fuzz"
LONGEST = 64_000
SLOW_SECONDS = 60
"""A message that takes longer than this is a fault, too: the desk waits for it."""
READERS = (
    "script", "fhir", "gs1", "ndc", "values", "answers", "sig", "lists", "lists-json", "exchange-xml", "exchange-json",
)  # fmt: skip
PAGES = ("forms", "uploads")
MOST_DICE = 4_000
"""Bytes that are thrown for one request; what comes after them is thrown by a seed."""
Bears = Callable[[bytes], object]


def main() -> None:
    """Search, or try one input again."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("target", choices=READERS + PAGES)
    asked.add_argument("--runs", type=int, default=-1, help="how many inputs at most")
    asked.add_argument("--seconds", type=int, default=60, help="how long at most")
    asked.add_argument("--again", type=Path, help="try this one input, and show where it breaks")
    given = asked.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings_for_tests"
    if given.again:
        bears, _, _ = _pages(given.target) if given.target in PAGES else _reader(given.target)
        bears(given.again.read_bytes())
        print("It is borne.")
        return
    search(given.target, runs=given.runs, seconds=given.seconds)


def search(name: str, *, runs: int, seconds: int) -> None:
    """Give it inputs until the time is over or one breaks it. Does not return: the engine ends the process."""
    try:
        import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError:
        sys.exit("The search needs atheris: .venv/bin/pip install atheris")
    with atheris.instrument_imports(include=["officina"]):
        bears, seeds, change = _pages(name) if name in PAGES else _reader(name)
    folder = KEPT / name
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    options = {
        "max_total_time": seconds,
        "runs": runs,
        "max_len": LONGEST if change else MOST_DICE,
        "timeout": SLOW_SECONDS,
        "rss_limit_mb": 4096,
        "artifact_prefix": f"{folder}/",
        "print_final_stats": 1,
    }
    arguments = [sys.argv[0], str(corpus), *(f"-{key}={value}" for key, value in options.items())]
    mutator = {"custom_mutator": _hand(change, seeds, atheris)} if change else {}
    atheris.Setup(arguments, bears, **mutator)
    atheris.Fuzz()


Change = Callable[[random.Random, tuple[bytes, ...]], bytes]


def _reader(name: str) -> tuple[Bears, tuple[bytes, ...], Change | None]:
    """What reads, what it is given when all is well, and the hand that spoils it."""
    from drills import mutations, readers

    target = readers.TARGETS[name]
    return (
        lambda raw: readers.bears(target, raw),
        target.seeds(),
        lambda rng, near: mutations.Hand(rng).mutate(target.shape, near),
    )


def _pages(name: str) -> tuple[Bears, tuple[bytes, ...], None]:
    """A house with something in every state on a database of its own, gone with the process."""
    import django

    django.setup()
    from django.test.utils import setup_databases, setup_test_environment

    setup_test_environment()
    setup_databases(verbosity=0, interactive=False)
    from cast import assemble
    from drills import pages
    from officina.kernel import clock

    cast = assemble()
    clock.now = lambda: cast.clock
    house = pages.House(cast)
    logging.disable(logging.CRITICAL)  # thousands of refusals would hide what broke
    forms = [form for form in house.forms if form.files] if name == "uploads" else house.forms

    def bears(raw: bytes) -> None:
        sent = house.sender(Dice(raw), forms)
        try:
            pages.bears(sent)
        except Exception:
            print(sent)
            raise

    return bears, tuple(random.Random(f"dice:{n}").randbytes(400) for n in range(300)), None


class Dice(random.Random):
    """Chance that is read from bytes, so that who changes a byte changes one choice; after the last of them a seed goes on."""

    def __new__(cls, _raw: bytes) -> Self:
        return super().__new__(cls)

    def __init__(self, raw: bytes) -> None:
        self._raw, self._at = raw, 0
        super().__init__(hashlib.sha256(raw).digest())

    def _next(self, count: int) -> int | None:
        part = self._raw[self._at : self._at + count]
        self._at += count
        return int.from_bytes(part, "big") if len(part) == count else None

    def random(self) -> float:
        """From two bytes."""
        thrown = self._next(2)
        return super().random() if thrown is None else thrown / 65_536

    def getrandbits(self, k: int, /) -> int:
        """From as many bytes as it takes."""
        thrown = self._next(-(-k // 8))
        return super().getrandbits(k) if thrown is None else thrown & ((1 << k) - 1)


def _hand(change: Change, seeds: tuple[bytes, ...], atheris: Any) -> Callable[[bytes, int, int], bytes]:
    """Half of the inputs changed as senders' programs get them wrong, half as the engine likes."""

    def mutate(raw: bytes, longest: int, seed: int) -> bytes:
        rng = random.Random(seed)
        if rng.random() < 0.5:
            return bytes(atheris.Mutate(raw, longest))
        return bytes(change(rng, (raw, raw, raw, rng.choice(seeds)))[:longest])

    return mutate


if __name__ == "__main__":
    main()
