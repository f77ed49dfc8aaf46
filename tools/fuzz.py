"""A long search for bytes that break a reader, led by which lines they reach.

    PYTHONPATH=tests .venv/bin/python tools/fuzz.py script --seconds 600
    PYTHONPATH=tests .venv/bin/python tools/fuzz.py script --again .cache/fuzz/script/crash-…

It needs `pip install atheris` (Apache-2.0), which is in no lock: it is built for Linux only, and nothing else needs it. What reaches
new lines is kept in .cache/fuzz and tried first the next time; what breaks a reader is written there, and the search ends.
"""

import argparse
import hashlib
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

KEPT = Path(__file__).resolve().parent.parent / ".cache" / "fuzz"
LONGEST = 64_000
SLOW_SECONDS = 10
"""A message that takes longer than this is a fault, too: the desk waits for it."""
NAMES = ("script", "fhir", "gs1", "ndc", "values", "exchange-xml", "exchange-json")


def main() -> None:
    """Search, or try one input again."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("target", choices=NAMES)
    asked.add_argument("--runs", type=int, default=-1, help="how many inputs at most")
    asked.add_argument("--seconds", type=int, default=60, help="how long at most")
    asked.add_argument("--again", type=Path, help="try this one input, and show where it breaks")
    given = asked.parse_args()
    if given.again:
        from drills import mutations

        mutations.bears(mutations.TARGETS[given.target], given.again.read_bytes())
        print("It is borne.")
        return
    search(given.target, runs=given.runs, seconds=given.seconds)


def search(name: str, *, runs: int, seconds: int) -> None:
    """Give the reader inputs until the time is over or one breaks it. Does not return: the engine ends the process."""
    try:
        import atheris  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        sys.exit("The search needs atheris: .venv/bin/pip install atheris")
    with atheris.instrument_imports(include=["officina"]):
        from drills import mutations
    target = mutations.TARGETS[name]
    folder = KEPT / name
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    options = {
        "max_total_time": seconds,
        "runs": runs,
        "max_len": LONGEST,
        "timeout": SLOW_SECONDS,
        "rss_limit_mb": 2048,
        "artifact_prefix": f"{folder}/",
        "print_final_stats": 1,
    }
    arguments = [sys.argv[0], str(corpus), *(f"-{key}={value}" for key, value in options.items())]
    atheris.Setup(arguments, lambda raw: mutations.bears(target, raw), custom_mutator=_hand(target, mutations, atheris))
    atheris.Fuzz()


def _hand(target: Any, mutations: Any, atheris: Any) -> Callable[[bytes, int, int], bytes]:
    """Half of the inputs changed as senders' programs get them wrong, half as the engine likes."""
    seeds = target.seeds()

    def mutate(raw: bytes, longest: int, seed: int) -> bytes:
        rng = random.Random(seed)
        if rng.random() < 0.5:
            return bytes(atheris.Mutate(raw, longest))
        return bytes(mutations.Hand(rng).mutate(target.shape, (raw, raw, raw, rng.choice(seeds)))[:longest])

    return mutate


if __name__ == "__main__":
    main()
