"""Whatever bytes arrive, reading them gives a message or a ParseError, soon, and never touches anything else."""

import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from officina.codecs.ncpdp_script.parse import parse
from officina.codecs.ncpdp_script.tree import SIZE_LIMIT
from officina.kernel.errors import ParseError

SAMPLES = Path(__file__).parents[1] / "messages" / "ncpdp_script"
GOOD = (SAMPLES / "newrx_lisinopril_2017071.xml").read_bytes()
TEXT = GOOD.decode()
PLAIN = TEXT.split("?>", 1)[1]
ALL_GOOD = [p.read_bytes() for p in sorted(SAMPLES.glob("*2017071.xml")) + sorted(SAMPLES.glob("*2023011.xml"))]


def filled(inside):
    return f"<Message version='2017071'><Body><NewRx>{inside}</NewRx></Body></Message>".encode()


REFUSED = {
    "nothing": b"",
    "blank": b" \n\t ",
    "binary": bytes(range(256)),
    "NULs": b"\x00" * 100,
    "text": b"Lisinopril 10 mg, 30, one daily",
    "JSON": b'{"resourceType": "MedicationRequest"}',
    "another root": b"<Bundle><Body><NewRx/></Body></Bundle>",
    "no body": b"<Message><Header/></Message>",
    "empty body": b"<Message><Header/><Body/></Message>",
    "cut": GOOD[: len(GOOD) // 2],
    "cut inside a tag": GOOD[: GOOD.index(b"</SigText>") + 4],
    "two roots": b"<Message><Body><NewRx/></Body></Message><Message/>",
    "entity expansion": (SAMPLES / "entity_expansion.xml").read_bytes(),
    "external entity": (SAMPLES / "external_entity.xml").read_bytes(),
    "broken": (SAMPLES / "broken.xml").read_bytes(),
    "document type": b"<!DOCTYPE Message SYSTEM 'http://example.org/x.dtd'><Message><Body><NewRx/></Body></Message>",
    "document type in UTF-16": ("<!DOCTYPE Message><Message><Body><NewRx/></Body></Message>").encode("utf-16"),
    "document type in UTF-7": b"<?xml version='1.0' encoding='UTF-7'?>+ADwAIQ-DOCTYPE x+AD4-<Message><Body><NewRx/></Body></Message>",
    "document type in the wrapper": b"<string>&lt;!DOCTYPE Message&gt;&lt;Message&gt;&lt;Body&gt;&lt;NewRx/&gt;&lt;/Body&gt;&lt;/Message&gt;</string>",
    "wrapper in a wrapper": b"<string>&lt;string&gt;&amp;lt;Message/&amp;gt;&lt;/string&gt;</string>",
    "empty wrapper": b"<string/>",
    "undefined entity": filled("<Note>&nbsp;</Note>"),
    "not UTF-8": filled("<Note>x</Note>").replace(b"x", b"caf\xe9"),
    "UTF-16 without its mark": "<Message><Body><NewRx/></Body></Message>".encode("utf-16-le"),
    "UTF-32": "<Message><Body><NewRx/></Body></Message>".encode("utf-32"),
    "EBCDIC": "<?xml version='1.0'?><Message><Body><NewRx/></Body></Message>".encode("cp500"),
    "odd UTF-16": b"\xff\xfe<\x00M",
    "lone surrogate": b"\xff\xfe" + "<Message>".encode("utf-16-le") + b"\x00\xd8" + "</Message>".encode("utf-16-le"),
    "unknown encoding": b"<?xml version='1.0' encoding='klingon'?><Message><Body><NewRx/></Body></Message>",
    "control character": filled("<Note>\x01</Note>"),
    "deep nesting": filled("<a>" * 5000 + "</a>" * 5000),
    "too large": filled("x" * 2 * SIZE_LIMIT),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_as_a_parse_error(name):
    with pytest.raises(ParseError) as caught:
        parse(REFUSED[name])
    assert len(str(caught.value)) < 600


def test_an_external_entity_reads_no_file(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("do not read me")
    raw = PLAIN.replace("<Message ", f'<!DOCTYPE Message [<!ENTITY s SYSTEM "file://{secret}">]><Message ', 1).replace(
        "Lisinopril", "&s;"
    )
    with pytest.raises(ParseError) as caught:
        parse(raw.encode())
    assert "do not read me" not in str(caught.value)


@pytest.mark.parametrize(
    "raw",
    [
        TEXT.encode("utf-8-sig"),
        PLAIN.encode(),
        PLAIN.encode("utf-16"),
        TEXT.replace("UTF-8", "UTF-16").encode("utf-16"),
        TEXT.replace("UTF-8", "ISO-8859-1").encode("latin-1"),
        TEXT.replace("UTF-8", "windows-1252").encode("cp1252"),
        b"\n" + PLAIN.encode(),
    ],
)
def test_the_common_encodings_read_the_same(raw):
    assert parse(raw) == parse(GOOD)


def test_latin_1_letters_survive():
    whole = (
        "<?xml version='1.0' encoding='ISO-8859-1'?>"
        + filled("<MedicationPrescribed><Note>café</Note></MedicationPrescribed>").decode()
    )
    assert parse(whole.encode("latin-1")).body.medication.note == "café"


@pytest.mark.parametrize(
    "inside",
    [
        "<a/>" * 200_000,
        "<MedicationPrescribed>" + "<DrugDescription>x</DrugDescription>" * 25_000 + "</MedicationPrescribed>",
        "<MedicationPrescribed><Sig><Instruction>"
        + "<Frequency/>" * 80_000
        + "</Instruction></Sig></MedicationPrescribed>",
        "<MedicationPrescribed>" + "<Diagnosis/>" * 80_000 + "</MedicationPrescribed>",
        "<MedicationPrescribed><Sig><SigText>"
        + "take 1 1/2 to 2 tablets every 4 to 6 hours " * 20_000
        + "</SigText></Sig></MedicationPrescribed>",
    ],
)
def test_a_large_message_is_read_in_seconds(inside):
    raw = filled(inside)
    assert len(raw) <= SIZE_LIMIT
    begin = time.perf_counter()
    parse(raw)
    assert time.perf_counter() - begin < 20


def _mutated(raw, seed):
    chance = random.Random(seed)
    data = bytearray(raw)
    for _ in range(chance.randint(1, 6)):
        at, length = chance.randrange(len(data)), chance.randint(1, 30)
        match chance.randrange(5):
            case 0:
                del data[at : at + length]
            case 1:
                data[at : at + 1] = chance.randbytes(1)
            case 2:
                data[at:at] = data[at : at + length]
            case 3:
                data[at:at] = chance.choice([b"<", b">", b"&", b"]]>", b"<Date>", b"\xff", b"<!--", b"0", "٣".encode()])
            case _:
                other = chance.randrange(len(data))
                data[at : at + length], data[other : other + length] = (
                    data[other : other + length],
                    data[at : at + length],
                )
    return bytes(data)


@settings(max_examples=400)
@given(raw=st.sampled_from(ALL_GOOD), seed=st.integers(0, 2**32))
def test_a_damaged_message_is_read_or_refused_and_nothing_else(raw, seed):
    try:
        message = parse(_mutated(raw, seed))
    except ParseError:
        return
    assert message.kind


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_random_bytes_are_refused(raw):
    with pytest.raises(ParseError):
        parse(raw)
