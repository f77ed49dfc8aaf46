"""The readers that must bear whatever comes: what each is given when all is well, and what it may answer.

A case is named by its target and its number, and is the same on every machine: `mutated("script", 17)`.
"""

import io
import random
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from drills.mutations import SCANS, Hand, Shape, as_text
from officina.codecs import gs1, ndc
from officina.codecs.fhir import build as fhir_build
from officina.codecs.fhir import parse as fhir
from officina.codecs.ncpdp_script import build as script_build
from officina.codecs.ncpdp_script import model
from officina.codecs.ncpdp_script import parse as script
from officina.codecs.ncpdp_script.model import Version
from officina.dosing import days_supply, holding, label, sig, words
from officina.drugs.sources.files import open_bundle
from officina.drugs.sources.registry import source_of
from officina.drugs.sources.shape import Faults
from officina.exchange import script_asking, script_in, sniff
from officina.kernel.errors import ParseError, Refused
from officina.kernel.ids import scan
from officina.kernel.ids.bin import Bin
from officina.kernel.ids.dea import DeaNumber
from officina.kernel.ids.gtin import Gtin
from officina.kernel.ids.ndc import Ndc
from officina.kernel.ids.npi import Npi
from officina.kernel.ids.numbers import HouseNumber
from officina.kernel.quantity import D, Quantity, written
from small_lists import DIRECTORY, ORANGE, RESULTS, RXNORM, TABLES, openfda, unlisted

VERSIONS: tuple[Version, ...] = ("2017071", "2023011")
MESSAGES = Path(__file__).resolve().parent.parent / "messages"
TODAY = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 15, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Target:
    """A reader, what it is given when all is well, and what it may answer."""

    name: str
    shape: Shape
    seeds: Callable[[], tuple[bytes, ...]]
    read: Callable[[bytes], object]
    share: int
    """Of fifty thousand cases."""


def bears(target: Target, raw: bytes) -> None:
    """Read it: a result or a ParseError, whose sentence can be written down; anything else is the fault that is looked for."""
    try:
        target.read(raw)
    except ParseError as problem:
        str(problem).encode("utf-8", "replace")


def mutated(name: str, number: int) -> bytes:
    """The case of this number."""
    target = TARGETS[name]
    return Hand(random.Random(f"{name}:{number}")).mutate(target.shape, target.seeds())


@cache
def script_seeds() -> tuple[bytes, ...]:
    """The samples, and the good ones written anew in both versions."""
    samples = [p.read_bytes() for p in sorted((MESSAGES / "ncpdp_script").glob("*.xml"))]
    return (
        *samples,
        *_again(samples, script.parse, lambda m: [script_build.build(m, v) for v in VERSIONS]),
    )


@cache
def fhir_seeds() -> tuple[bytes, ...]:
    """The samples, and the good ones written anew."""
    samples = [p.read_bytes() for p in sorted((MESSAGES / "fhir").glob("*.json"))]
    return (*samples, *_again(samples, fhir.parse, lambda d: [fhir_build.build_bundle(d)]))


def _again(samples: list[bytes], parse: Callable[[bytes], Any], build: Callable[[Any], list[bytes]]) -> list[bytes]:
    made: list[bytes] = []
    for raw in samples:
        try:
            made.extend(build(parse(raw)))
        except (ParseError, Refused):
            continue  # made to be refused, or of a kind that the house does not write
    return made


def both_seeds() -> tuple[bytes, ...]:
    return script_seeds() + fhir_seeds()


@cache
def scan_seeds() -> tuple[bytes, ...]:
    built = gs1.build(Gtin.parse("300028215012"), lot="A1", expires_on=TODAY, serial="77")
    return tuple(text.encode() for text in (*SCANS, built, HouseNumber.issue("F", 1_000_015).text))


@cache
def answer_seeds() -> tuple[bytes, ...]:
    """What prescribers send besides orders: every answer to a renewal and to a change, with an order in it and without, and orders taken back."""
    made: list[bytes] = []
    for order in _orders():
        body = order.body
        said = {"patient": body.patient, "prescriber": body.prescriber}
        for element, kind in ((e, k) for e in OUTCOMES for k in (model.RxRenewalResponse, model.RxChangeResponse)):
            inside = model.Outcome(element=element, reason_codes=("AA",), note="As told", medication=body.medication)
            plain = replace(inside, medication=None)
            for answer in (
                kind(outcomes=(plain,), medication=body.medication, **said),
                kind(outcomes=(inside,), **said),
                kind(outcomes=(plain, inside), reference="7"),
            ):
                made += _built(order, answer)
        made += _built(order, model.CancelRx(reference="7", medication=body.medication, **said))
    return tuple(made)


OUTCOMES = ("Approved", "ApprovedWithChanges", "Denied", "DeniedNewPrescriptionToFollow", "Replace", "Validated")


def _orders() -> Iterator[Any]:
    for name in ("newrx_metformin_2023011.xml", "newrx_lisinopril_2017071.xml"):
        yield script.parse((MESSAGES / "ncpdp_script" / name).read_bytes())


def _built(order: model.Message, body: Any) -> Iterator[bytes]:
    header = replace(order.header, relates_to_message_id="asked-1")
    try:
        yield script_build.build(replace(order, kind=type(body).__name__, header=header, body=body))
    except Refused:
        return  # an answer that this version of the standard has no place for


@cache
def sig_seeds() -> tuple[bytes, ...]:
    """Directions as prescribers' programs write them, and what stands in the packs, joined as they are by nobody."""
    typed = (
        "1 tab PO BID", "Take 1 tablet by mouth twice daily with food", "take 1-2 tabs q4-6h prn pain, max 8 tabs per day",
        "instill 1 drop od bid", "2 puffs inhaled every 6 hours as needed for wheezing", "inject 10 units subcut at bedtime",
        "1 tab daily x 7 days then 2 tabs daily", "take 1/2 tablet on mon, wed and fri", "apply 1 patch every 72 hours",
        "5 mL (1 tsp) po tid x10d", "take 3 tablets daily for 3 days, then 2 tablets daily for 3 days, then 1 tablet daily",
        "1 gtt ou qid", "take 1 tablet 30 minutes before breakfast", "take 1,000 mg by mouth once", "7 1/2 mL q8h",
    )  # fmt: skip
    stock = sorted(words.written())
    rng = random.Random("sig")
    made = (" ".join(rng.sample(stock, rng.randint(2, 6))) for _ in range(200))
    return tuple(text.encode() for text in (*typed, *AMOUNTS, *made))


AMOUNTS = (
    "30",
    "2.5 mL",
    "5 pens",
    "1,000 units",
    "1 inhaler = 200 puffs",
    "1/2 tablet",
    "400 mg/5 mL",
    "90 mcg/actuation",
)
BETWEEN = b"\x1c"
"""Stands before each file of a list that comes as several, and its name in a line after it; no list of ours has this byte in it."""


@cache
def list_seeds() -> tuple[bytes, ...]:
    """A small whole file of every official list that is a table, the lists of several files once as such and once as a zip."""
    several = [{name: text.encode() for name, text in files.items()} for files in (DIRECTORY, ORANGE, RXNORM)]
    alone = [text.encode() for text in (*TABLES.values(), unlisted())]
    return (*alone, *map(_folder, several), *map(_zipped, several))


def _folder(files: dict[str, bytes]) -> bytes:
    return b"".join(BETWEEN + Path(name).name.encode() + b"\n" + data for name, data in files.items())


def _zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 20, 0, 0, 0)), data)
    return out.getvalue()


@cache
def result_seeds() -> tuple[bytes, ...]:
    """A small whole file of every official list that is JSON."""
    return tuple(openfda(records).encode() for records in RESULTS.values())


def understand(raw: bytes) -> object:
    """The whole reading without the database: told apart, understood, answered."""
    if sniff.format_of(raw) == "ncpdp-script":
        script_in.answer(raw, at=AT, message_id="f" * 32)
    return sniff.understand(raw)


VALUES: tuple[Callable[[str], object], ...] = (
    Ndc.parse, Gtin.parse, Npi.parse, DeaNumber.parse, Bin.parse, HouseNumber.parse, scan.classify, lambda text: written(D(text)),
    lambda text: Quantity(D(text), "tablet"),
)  # fmt: skip


def values(raw: bytes) -> object:
    """Every value type of the kernel reads the same text; each may say no, in its own words."""
    text = as_text(raw)
    for read in VALUES:
        try:
            read(text)
        except ParseError as problem:
            str(problem)
    return None


def converse(raw: bytes) -> object:
    """An answer or an order that is taken back: understood, and answered in turn as the house does."""
    understood = script_in.understand(raw)
    for approved in (True, False) if understood.taken_back else ():
        answer = script_asking.cancel_response(
            raw, message_id="f" * 32, at=AT, approved=approved, note="Two were dispensed"
        )
        if script.parse(answer).kind != "CancelRxResponse":
            raise AssertionError("the answer to an order that was taken back reads as something else")
    return understood


def directions(raw: bytes) -> object:
    """A direction: what was understood can be put on a label in both languages, reads back as the same, and is counted into days."""
    text = as_text(raw)
    for read in (holding.amount, holding.holds, holding.unit, lambda t: holding.strength(t, "tablet")):
        try:
            read(text)
        except ParseError as problem:
            str(problem)
    dosage = sig.read(text).dosage
    if dosage is None:
        return None
    said = label.text(dosage)
    # What is kept for the pharmacy ("#30") belongs on no label.
    if (again := sig.read(said)).dosage not in (None, replace(dosage, kept=())):
        raise AssertionError(f"{text!r} is understood, its label {said!r} reads as something else: {again.dosage}")
    with suppress(label.Untranslated):  # then a person is asked for the words
        label.text(dosage, "es")
    for amount in ("30 tablets", "100 mL", "1"):
        days_supply.of(dosage, holding.amount(amount))
    return days_supply.quantity_for(dosage, 30)


def official(raw: bytes) -> object:
    """A file of an official list: told by its content, read to its last row; each row has a key, each line left out a sentence."""
    with _laid_down(raw) as path:
        bundle, faults = open_bundle(path), Faults()
        source = source_of(bundle)
        source.edition(bundle)
        for row in source.rows(bundle, faults):
            row.key.encode("utf-8")
        return [f"{fault.line} {fault.what} {fault.got}".encode("utf-8", "replace") for fault in faults.first]


@contextmanager
def _laid_down(raw: bytes) -> Iterator[Path]:
    """The bytes as a file, or as a folder of several by their names."""
    folder = Path(tempfile.mkdtemp(prefix="officina-drill-"))
    try:
        if not raw.startswith(BETWEEN):
            (folder / "list").write_bytes(raw)
            yield folder / "list"
            return
        for part in raw.split(BETWEEN)[1:10]:
            name, _, data = part.partition(b"\n")
            safe = re.sub(r"[^a-z.]", "", name[:40].decode("ascii", "replace").lower()).strip(".") or "list"
            (folder / safe).write_bytes(data)
        yield folder
    finally:
        shutil.rmtree(folder)


TARGETS: dict[str, Target] = {
    t.name: t
    for t in (
        Target("script", "xml", script_seeds, script.parse, 3_500),
        Target("fhir", "json", fhir_seeds, fhir.parse, 5_000),
        Target("gs1", "text", scan_seeds, lambda raw: gs1.parse(as_text(raw), today=TODAY), 15_500),
        Target("ndc", "text", scan_seeds, lambda raw: ndc.parse(as_text(raw)), 9_000),
        Target("values", "text", scan_seeds, values, 11_000),
        Target("answers", "xml", answer_seeds, converse, 600),
        Target("sig", "text", sig_seeds, directions, 2_000),
        Target("lists", "table", list_seeds, official, 500),
        Target("lists-json", "json", result_seeds, official, 300),
        Target("exchange-xml", "xml", script_seeds, understand, 1_200),
        Target("exchange-json", "json", fhir_seeds, understand, 3_000),
    )
}
