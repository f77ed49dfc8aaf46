"""Intake keeps first and reads then: nothing that comes is lost, entered twice, or refused without a reason."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import cast as standing
from houses import officina
from officina.cli import worker
from officina.dispensing.models import Fill
from officina.exchange import intake
from officina.prescriptions import queries
from officina.prescriptions.models import Message, Prescription, Received
from officina.prescriptions.services import messages

MESSAGES = Path(__file__).parent.parent / "messages"
GOOD = MESSAGES / "ncpdp_script" / "newrx_metformin_2023011.xml"
FHIR = MESSAGES / "fhir" / "one_order.json"
FILES = sorted(p for p in MESSAGES.rglob("*") if p.suffix in {".xml", ".json"})
XML, JSON = GOOD.read_bytes(), FHIR.read_bytes()
CUT = (
    "import os; from officina.cli import main; import django; main._read_settings(); django.setup(); "
    "from officina.exchange import intake; intake.read = lambda *a, **k: os._exit(9); main.main()"
)
"""The program as it is, except that the power goes between keeping a message and reading it."""

HOSTILE = {
    "nothing": b"",
    "white space": b" \r\n\t ",
    "one zero byte": b"\x00",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
    "a program": b"\x7fELF" + b"\x00" * 4096,
    "an entity bomb": (MESSAGES / "ncpdp_script" / "entity_expansion.xml").read_bytes(),
    "a file of this machine": (MESSAGES / "ncpdp_script" / "external_entity.xml").read_bytes(),
    "zero bytes in XML": XML.replace(b"<LastName>", b"<LastName>\x00", 1),
    "a zero byte in JSON": JSON.replace(b'"family": "', b'"family": "\\u0000', 1),
    "half a surrogate in JSON": JSON.replace(b'"family": "', b'"family": "\\ud800', 1),
    "Latin-1 called UTF-8": XML.replace(b"<LastName>", b"<LastName>\xe9", 1),
    "Latin-1 in JSON": JSON.replace(b'"family": "', b'"family": "\xe9', 1),
    "an encoding that nobody speaks": b'<?xml version="1.0" encoding="x-none"?><Message/>',
    "half a message": XML[: len(XML) // 2],
    "half a resource": JSON[: len(JSON) // 2],
    "deep XML": b"<Message>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</Message>",
    "deep JSON": b'{"resourceType": "Bundle", "entry": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "JSON that never ends": b'{"resourceType": "Bundle", "entry": ' + b"[" * 100_000,
    "a number of a million digits": b'{"resourceType": "MedicationRequest", "x": ' + b"9" * 1_000_000 + b"}",
    "20 MB of XML": b"<Message>" + b"a" * 20_000_000 + b"</Message>",
    "20 MB of JSON": b'{"resourceType": "Bundle", "x": "' + b"a" * 20_000_000 + b'"}',
    "20 MB of nothing in particular": b"a" * 20_000_000,
}


@pytest.fixture
def cast(db):
    return standing.assemble()


def take_in(cast, raw, name="message"):
    return intake.receive(cast.wire, raw, name=name, at=cast.at())


def row(receipt):
    return Message.objects.select_related("received", "first").get(code=receipt.code)


def changed(old, new):
    assert old in XML
    return XML.replace(old, new, 1)


def assert_kept(receipt, raw):
    received = row(receipt).received
    assert bytes(received.raw) == raw
    assert received.sha256 == hashlib.sha256(raw).hexdigest()


class TestDuplicates:
    @pytest.mark.parametrize("raw", [XML, JSON], ids=["SCRIPT", "FHIR"])
    def test_a_message_sent_twice_is_kept_twice_and_entered_once(self, cast, raw):
        first, second = take_in(cast, raw), take_in(cast, raw)
        assert first.prescriptions
        assert (second.status, second.prescriptions) == ("duplicate", ())
        assert [reason["code"] for reason in second.reasons] == ["duplicate"]
        assert_kept(second, raw)
        assert row(second).first == row(first)
        assert Prescription.objects.count() == Fill.objects.count() == len(first.prescriptions)

    def test_a_mere_resending_asks_nothing_of_anybody(self, cast):
        take_in(cast, XML)
        again = take_in(cast, XML)
        assert row(again).settled_by == "the house"
        assert queries.unsettled(cast.tess) == []

    def test_other_content_under_the_same_number_waits_for_a_person(self, cast):
        first = take_in(cast, XML)
        changed = XML.replace(b"</Message>", b"<!-- changed --></Message>")
        other = take_in(cast, changed)
        assert (other.status, other.prescriptions) == ("duplicate", ())
        assert [reason["code"] for reason in other.reasons] == ["duplicate_differs"]
        assert_kept(other, changed)
        assert [m.pk for m in queries.unsettled(cast.tess)] == [row(other).pk]
        assert Prescription.objects.count() == len(first.prescriptions)

    def test_the_same_number_at_another_house_is_no_duplicate(self, cast):
        take_in(cast, XML)
        theirs = intake.receive(cast.max, XML, name="message", at=cast.at())
        assert theirs.status in {"accepted", "question"}
        assert theirs.prescriptions

    def test_messages_that_cannot_be_read_are_no_duplicates_of_each_other(self, cast):
        broken = (MESSAGES / "ncpdp_script" / "broken.xml").read_bytes()
        assert [take_in(cast, broken).status for _ in range(2)] == ["refused", "refused"]
        assert len(queries.unsettled(cast.tess)) == 2


class TestWhatCannotBeUsed:
    def test_a_broken_message_is_a_row_that_a_person_sees(self, cast):
        raw = (MESSAGES / "ncpdp_script" / "broken.xml").read_bytes()
        receipt = take_in(cast, raw, "broken.xml")
        (seen,) = queries.unsettled(cast.tess)
        assert (str(seen.code), seen.status, seen.received.name) == (receipt.code, "refused", "broken.xml")
        (reason,) = seen.reasons
        assert reason["sentence"]
        assert reason["expected"]
        assert queries.unsettled(cast.max) == []

    @pytest.mark.parametrize("name", HOSTILE)
    def test_hostile_bytes_are_kept_and_refused_with_a_reason(self, cast, name):
        raw = HOSTILE[name]
        receipt = take_in(cast, raw, name)
        assert (receipt.status, receipt.prescriptions) == ("refused", ())
        assert_kept(receipt, raw)
        (reason,) = receipt.reasons
        assert reason["sentence"]
        assert len(json.dumps(reason)) < 2000, "a reason is read by a person"
        assert [m.pk for m in queries.unsettled(cast.tess)] == [row(receipt).pk]
        assert queries.unread() == []

    def test_a_refusal_stands_in_nobodys_way(self, cast):
        for raw in (b"", HOSTILE["an entity bomb"], HOSTILE["deep JSON"]):
            take_in(cast, raw)
        assert take_in(cast, XML).prescriptions

    def test_the_name_of_a_file_is_only_a_name(self, cast):
        receipt = take_in(cast, XML, "../../etc/passwd" + "x" * 300)
        assert receipt.prescriptions
        assert len(row(receipt).received.name) == 200

    @pytest.mark.parametrize("said", ["version", "kind", "sender", "message_id"])
    def test_what_the_envelope_says_is_cut_to_what_is_kept_of_it(self, cast, said):
        long = {
            "version": changed(b'TransactionVersion="20230111"', b'TransactionVersion="' + b"9" * 500 + b'"'),
            "kind": XML.replace(b"NewRx>", b"New" + b"x" * 500 + b">"),
            "sender": re.sub(rb"(<From[^>]*>)[^<]*", rb"\g<1>" + b"9" * 500, XML),
            "message_id": re.sub(rb"(<MessageID>)[^<]*", rb"\g<1>" + b"9" * 500, XML),
        }[said]
        assert long != XML
        kept = row(take_in(cast, long))
        assert kept.status != "kept"
        assert len(getattr(kept, said)) <= Message._meta.get_field(said).max_length

    @pytest.mark.parametrize("name", ["caf\udce9.xml", "a\x00b.xml"], ids=["Latin-1", "a zero byte"])
    def test_a_file_whose_name_is_no_text_is_kept_all_the_same(self, cast, name):
        assert take_in(cast, XML, name).prescriptions


def test_every_message_of_ours_is_kept_whole_and_answered(cast):
    receipts = {file: take_in(cast, file.read_bytes(), file.name) for file in FILES}
    for file, receipt in receipts.items():
        assert_kept(receipt, file.read_bytes())
        assert receipt.status in {"accepted", "question", "duplicate", "refused"}, file.name
        is_about = {reason["code"] for reason in receipt.reasons} & {"taken_back", "answered"}
        understood = receipt.status in {"accepted", "question"}
        assert understood == bool(receipt.prescriptions or is_about), file.name
        assert receipt.reasons or receipt.prescriptions, file.name
    assert Received.objects.count() == Message.objects.count() == len(FILES)
    assert Prescription.objects.count() == Fill.objects.count() == sum(len(r.prescriptions) for r in receipts.values())


class TestWhenThePowerGoes:
    def test_a_message_kept_and_never_read_is_found(self, cast):
        kept = messages.keep(cast.wire, raw=XML, name="message", at=cast.at())
        assert queries.unread() == [f"message {kept.code} was kept and never read"]
        assert [m.pk for m in queries.unsettled(cast.tess)] == [kept.pk]
        assert [m.pk for m in queries.kept_unread(cast.wire)] == [kept.pk]
        assert queries.kept_unread(cast.max) == []

    def test_it_is_read_later_and_only_once(self, cast):
        kept = messages.keep(cast.wire, raw=XML, name="message", at=cast.at())
        first, second = (intake.read(cast.wire, kept, XML, at=cast.at()) for _ in range(2))
        assert first.prescriptions
        assert second.prescriptions == first.prescriptions
        assert queries.unread() == []
        assert Prescription.objects.count() == Fill.objects.count() == len(first.prescriptions)

    def test_a_fault_while_reading_leaves_the_message_to_be_read_again(self, cast, monkeypatch):
        def fails(*_: object, **__: object) -> None:
            raise RuntimeError("the power went")

        with monkeypatch.context() as broken:
            broken.setattr(intake.fills, "open_fill", fails)
            with pytest.raises(RuntimeError):
                take_in(cast, XML)
        assert Prescription.objects.count() == 0, "half an admission is none"
        (kept,) = queries.kept_unread(cast.wire)
        assert intake.read(cast.wire, kept, bytes(kept.received.raw), at=cast.at()).prescriptions

    def test_the_worker_reads_it_exactly_once(self, house_env):
        officina(house_env, "open", "--name", "Corner pharmacy")
        cut = subprocess.run(
            [sys.executable, "-c", CUT, "receive", str(GOOD)],
            env=house_env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert cut.returncode == 9, cut.stderr
        told = json.loads(officina(house_env, "check", "--json", status=1))
        assert len(told["problems"]) == 1
        assert "was kept and never read" in told["problems"][0]
        officina(house_env, "worker", "--once")
        officina(house_env, "worker", "--once")
        assert json.loads(officina(house_env, "check", "--json"))["problems"] == []
        # The number is the message's own, so what comes now came before; and one answer left the house, not two.
        (again,) = json.loads(officina(house_env, "receive", "--json", str(GOOD)))["files"]
        assert (again["status"], again["prescriptions"]) == ("duplicate", [])
        assert len(list((Path(house_env["OFFICINA_HOME"]) / "outbox").rglob("*.xml"))) == 1

    def test_a_message_that_breaks_the_reading_keeps_no_other_from_being_read(self, cast, monkeypatch, caplog):
        first, second = (messages.keep(cast.wire, raw=raw, name="message", at=cast.at()) for raw in (XML, JSON))
        read = intake.read

        def breaks(actor, message, *rest, **more):
            if message.pk == first.pk:
                raise RuntimeError("Flores, Rosa")
            return read(actor, message, *rest, **more)

        monkeypatch.setattr(intake, "read", breaks)
        worker.work_through()
        assert [m.pk for m in queries.kept_unread(cast.wire)] == [first.pk]
        assert Prescription.objects.filter(message=second).exists()
        assert str(first.code) in caplog.text
        assert "Rosa" not in caplog.text, "what breaks a reading may hold a patient's name"
