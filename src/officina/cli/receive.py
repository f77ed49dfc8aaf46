"""`officina receive`: take in prescriptions from files, as they came."""

import sys
from pathlib import Path
from typing import Any

import click

from officina.base.access import Actor
from officina.cli import house
from officina.exchange import intake
from officina.exchange.intake import Receipt
from officina.kernel import clock

_STATUS = {"question": "accepted"}


@click.command(short_help="Take in prescriptions from files.")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Answer with one JSON object: files, each with format, status, prescriptions, reasons.",
)
@click.option("--site", "site_name", default="", help="Name of the pharmacy that receives; the newest where not given.")
def receive(files: tuple[Path, ...], as_json: bool, site_name: str) -> None:
    """Take in prescriptions: NCPDP SCRIPT XML or FHIR JSON, told apart by content.

    Each message is kept exactly as received before it is read. One that came before is refused without being lost; one with
    a fault becomes a row on the intake desk.
    """
    house.migrate()
    actor = house.interface(site_name)
    results = []
    for file in files:
        results.append(_taken(actor, file))
        if not as_json:
            _say(results[-1])
    if as_json:
        house.answer({"files": results})
    sys.exit(1 if any(r["status"] == "refused" for r in results) else 0)


def _taken(actor: Actor, file: Path) -> dict[str, Any]:
    """What became of a file; one that cannot be read holds up none of the others."""
    try:
        data = file.read_bytes()
    except OSError as no:
        why = f"unreadable_file: {no.strerror or no}"
        return {
            "file": str(file), "format": "", "status": "refused", "prescriptions": [], "reasons": [why], "questions": {}, "message": "",
        }  # fmt: skip
    return _result(file, intake.receive(actor, data, name=file.name, at=clock.now()))


def _result(file: Path, got: Receipt) -> dict[str, Any]:
    asked = [reason for reasons in got.questions.values() for reason in reasons]
    return {
        "file": str(file),
        "format": got.format,
        "status": _STATUS.get(got.status, got.status),
        "prescriptions": list(got.prescriptions),
        "reasons": [_sentence(r) for r in (*got.reasons, *asked)],
        "questions": got.questions,
        "message": got.code,
    }


def _sentence(reason: dict[str, Any]) -> str:
    place = f" ({reason['where']})" if reason.get("where") else ""
    return f"{reason['code']}: {reason['sentence']}{place}"


def _say(result: dict[str, Any]) -> None:
    numbers = ", ".join(result["prescriptions"])
    click.echo(
        f"{result['file']}: {result['status']} ({result['format']})" + (f", prescriptions {numbers}" if numbers else "")
    )
    for reason in result["reasons"]:
        click.echo(f"    {reason}")
