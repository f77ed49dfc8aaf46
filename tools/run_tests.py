"""Run every test on everything it must hold on, and say plainly at the end what ran, what was skipped and why.

    python tools/run_tests.py [check] [sqlite] [postgresql] [browser]

Without names all four stages run, one after the other; a stage that fails does not keep the next from running.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
STAGE_SECONDS = 20 * 60
WORKERS = str(min(4, os.cpu_count() or 1))
PYTEST = [PYTHON, "-m", "pytest"]
PARALLEL = ["-n", WORKERS, "--dist", "worksteal", "-m", "not browser"]
STAGES = {
    "check": (["make", "--no-print-directory", "check"], "lint, format, types, contracts"),
    "sqlite": ([*PYTEST, *PARALLEL], "every test but the browser's, on SQLite files"),
    "postgresql": (
        [PYTHON, "tools/with_postgres.py", "--", *PYTEST, *PARALLEL, "--database-only"],
        "every test that touches a database, again on a PostgreSQL server started for it (fsync off)",
    ),
    "browser": ([*PYTEST, "-m", "browser"], "the tests that work in a real Chromium, on SQLite"),
}


@dataclass
class Outcome:
    """How a stage went."""

    stage: str
    what: str
    status: int
    seconds: float
    passed: int = 0
    failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    """Reason → number of tests."""

    @property
    def is_good(self) -> bool:
        return self.status == 0

    def line(self) -> str:
        """One line of the table."""
        counts = ""
        if self.passed or self.failed or self.skipped:
            counts = f"{self.passed} passed, {self.failed} failed, {self.skipped.total()} skipped · "
        return f"{self.stage:<11} {'ok' if self.is_good else 'FAILED':<7} {self.seconds:5.0f} s  {counts}{self.what}"


def _run(command: Sequence[str], environment: dict[str, str]) -> int:
    """Run a stage in a process group of its own, so that one that hangs ends with all its children."""
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, process_group=0) as child:
        try:
            return child.wait(timeout=STAGE_SECONDS)
        except (subprocess.TimeoutExpired, KeyboardInterrupt) as reason:
            print(f"\nstopping: {type(reason).__name__}", flush=True)
            for how in (signal.SIGTERM, signal.SIGKILL):
                os.killpg(child.pid, how)
                try:
                    child.wait(timeout=30)
                    break
                except subprocess.TimeoutExpired:
                    continue
            if isinstance(reason, KeyboardInterrupt):
                raise SystemExit(130) from None
            return 124


def _read(report: Path, outcome: Outcome) -> None:
    """Take the counts and the reasons of skips from pytest's report."""
    if not report.exists():
        return
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314  pytest wrote it a moment ago
        skipped = case.find("skipped")
        if skipped is not None:
            outcome.skipped[skipped.get("message") or "no reason given"] += 1
        elif case.find("failure") is not None or case.find("error") is not None:
            outcome.failed += 1
        else:
            outcome.passed += 1


def run_stage(stage: str, folder: Path) -> Outcome:
    """Run one stage and gather what it did."""
    command, what = STAGES[stage]
    print(f"\n=== {stage}: {what}", flush=True)
    environment = {key: value for key, value in os.environ.items() if key != "OFFICINA_DATABASE_URL"}
    report = folder / f"{stage}.xml"
    if stage != "check":
        command = [*command, f"--junitxml={report}"]
    started = time.monotonic()
    status = _run(command, environment)
    outcome = Outcome(stage, what, status, time.monotonic() - started)
    _read(report, outcome)
    return outcome


def summarise(outcomes: Sequence[Outcome]) -> None:
    """Print what ran, what was skipped and why, and one closing line with the sums."""
    print("\n=== what ran", flush=True)
    for outcome in outcomes:
        print(outcome.line())
    left_out = [stage for stage in STAGES if stage not in {o.stage for o in outcomes}]
    if left_out:
        print(f"not asked for: {', '.join(left_out)}")
    print("\n=== what was skipped, and why")
    for outcome in outcomes:
        for reason, count in outcome.skipped.most_common():
            print(f"{count:5} {outcome.stage:<11} {reason}")
    if not any(outcome.skipped for outcome in outcomes):
        print("nothing")
    passed, failed, skipped = (
        sum(o.passed for o in outcomes),
        sum(o.failed for o in outcomes),
        sum(o.skipped.total() for o in outcomes),
    )
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped", flush=True)


def main(names: Sequence[str]) -> int:
    """Run the stages named, or all."""
    unknown = set(names) - set(STAGES)
    if unknown:
        print(f"unknown stage {', '.join(sorted(unknown))}; known: {', '.join(STAGES)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="officina-run-") as folder:
        outcomes = [run_stage(stage, Path(folder)) for stage in STAGES if not names or stage in names]
    summarise(outcomes)
    return 0 if all(outcome.is_good for outcome in outcomes) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
