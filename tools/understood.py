"""Receive every real SCRIPT and FHIR file of the reference data, and write down what was understood and what was not.

    make understood

Runs `officina receive` on them in a fresh house, prints the counts, and writes docs/standards/understood.md.
"""

import json
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from houses import empty_house, officina
from real_messages import COLLECTIONS, messages

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "standards" / "understood.md"
ANSWERS = ("understood", "in question", "duplicate", "refused")
HEAD = """# What was understood of real files

`make understood` runs `officina receive` on every SCRIPT and FHIR file of the reference data, in a fresh house with the starter drug
list, and writes this page; a test holds the page against the files. *Understood*: everything was read, nothing asked. *In question*:
a prescription waits at entry, with questions a person must look at. *Duplicate*: a message of this number came before. *Refused*:
kept whole, nothing entered, the reason told. Nothing crashed and every file is kept as received.

No file passes without a question, because none is a real order: their authors invented identifiers, which fail their check digits,
and left out what a pharmacy needs (a quantity, directions, refills, a date of birth). Orders of our own without a fault are taken
without a question (`tests/messages`). A SCRIPT message other than NewRx is kept and named (`kind_unhandled`, `kind_answer`,
`kind_error`); a FHIR file without an order is kept and told what it holds.

"""


def answer_of(result: dict[str, Any]) -> str:
    """One of ANSWERS for a result of `officina receive --json`."""
    if result["status"] != "accepted":
        return str(result["status"])
    return "in question" if result["reasons"] else "understood"


def received(reference: Path, home: Path) -> list[dict[str, Any]]:
    """What `officina receive` says of each file, with its collection and name."""
    named = []
    for collection, name, raw in messages(reference):
        file = home / "files" / collection / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(raw)
        named.append((collection, name, str(file)))
    with empty_house(home / "house") as env:
        officina(env, "open", "--name", "Reading room", "--training")
        told = officina(env, "receive", "--json", *[file for _, _, file in named], status=1)
    results: list[dict[str, Any]] = json.loads(told)["files"]
    return [{**r, "collection": c, "name": n} for r, (c, n, _) in zip(results, named, strict=True)]


def _codes(results: list[dict[str, Any]]) -> Counter[str]:
    return Counter(code for r in results for code in {reason.partition(":")[0] for reason in r["reasons"]})


def page(results: list[dict[str, Any]]) -> str:
    """The page, from what was said of each file."""
    lines = [HEAD, "| Files | " + " | ".join(("number", *ANSWERS, "prescriptions")) + " |", "|---|" + "--:|" * 6]
    for collection, what in (*COLLECTIONS, ("", "**together**")):
        mine = [r for r in results if collection in ("", r["collection"])]
        counts = Counter(answer_of(r) for r in mine)
        cells = [len(mine), *(counts[a] for a in ANSWERS), sum(len(r["prescriptions"]) for r in mine)]
        name = f"`{collection}`: {what}" if collection else what
        lines.append(f"| {name} | " + " | ".join(map(str, cells)) + " |")
    for title, answer in (
        ("What was asked", "in question"),
        ("Why refused", "refused"),
        ("Why duplicate", "duplicate"),
    ):
        lines += ["", f"## {title}", "", "| Code | files |", "|---|--:|"]
        found = _codes([r for r in results if answer_of(r) == answer])
        lines += [f"| `{code}` | {n} |" for code, n in sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))]
    lines += ["", "## File by file", "", "| File | Answer | Prescriptions | Codes |", "|---|---|--:|---|"]
    for r in results:
        codes = ", ".join(f"`{code}`" for code in sorted(_codes([r])))
        lines.append(
            f"| {r['collection'].split('/')[-1]}/{r['name']} | {answer_of(r)} | {len(r['prescriptions'])} | {codes} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Receive, write, print."""
    reference = os.environ.get("OFFICINA_REFERENCE_DATA", "")
    if not Path(reference or "-").is_dir():
        raise SystemExit("understood: no reference data: OFFICINA_REFERENCE_DATA names no folder")
    with tempfile.TemporaryDirectory(prefix="officina-understood-") as home:
        results = received(Path(reference), Path(home))
    PAGE.write_text(page(results))
    counts = Counter(answer_of(r) for r in results)
    print(f"{len(results)} files: " + ", ".join(f"{counts[a]} {a}" for a in ANSWERS))


if __name__ == "__main__":
    main()
