"""A file is known by its bytes: prescriptions in XML, in JSON, or something that is told as unknown."""

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from officina.exchange.sniff import format_of, understand
from officina.kernel.errors import ParseError

MESSAGES = Path(__file__).parent.parent / "messages"
SCRIPT = '<?xml version="1.0"?>\n<!-- from the clinic -->\n<Message TransportVersion="20170715"><Header/><Body><NewRx/></Body></Message>'
WRAPPED = '<string xmlns="http://schemas.microsoft.com/2003/10/Serialization/">&lt;?xml version="1.0"?&gt;&lt;Message&gt;&lt;/Message&gt;</string>'


@pytest.mark.parametrize(
    "raw",
    [
        SCRIPT.encode(),
        b"  \r\n\t" + SCRIPT.encode(),
        codecs.BOM_UTF8 + SCRIPT.encode(),
        SCRIPT.encode("utf-16"),
        SCRIPT.encode("utf-16-le"),
        SCRIPT.encode("utf-16-be"),
        codecs.BOM_UTF16_BE + SCRIPT.encode("utf-16-be"),
        SCRIPT.encode("utf-32"),
        b"<Message/>",
        b'<ns:Message xmlns:ns="http://www.ncpdp.org/schema/SCRIPT"></ns:Message>',
        WRAPPED.encode(),
        b"<string><![CDATA[<Message/>]]></string>",
    ],
    ids=lambda raw: repr(raw[:40]),
)
def test_ncpdp_script_is_known(raw):
    assert format_of(raw) == "ncpdp-script"


@pytest.mark.parametrize(
    "raw",
    [
        b'{"resourceType": "Bundle"}',
        b'\n {"id": "x", "resourceType" : "Patient"}',
        codecs.BOM_UTF8 + b' {"resourceType":"X"}',
    ],
)
def test_fhir_is_known(raw):
    assert format_of(raw) == "fhir"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"   ",
        codecs.BOM_UTF8,
        b"{}",
        b'[{"resourceType": "Bundle"}]',
        b'{"ResourceType": "Bundle"}',
        b'<Bundle xmlns="http://hl7.org/fhir"/>',
        b"<string>done</string>",
        b"<!-- Message",
        b"<html><body>Message</body></html>",
        b"MSH|^~\\&|EHR|",
        b"UNA:+./*'UIB+UNOA:0'",
        b"ISA*00*",
        b"%PDF-1.7",
        b"\x89PNG\r\n\x1a\n",
        b"\x00" * 50,
        b"PK\x03\x04",
        '{"resourceType": "Bundle"}'.encode("utf-16"),
    ],
)
def test_anything_else_is_unknown_and_says_what_was_expected(raw):
    assert format_of(raw) == "unknown"
    with pytest.raises(ParseError, match=r"NCPDP SCRIPT .* FHIR R4"):
        understand(raw)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: ("<" + text).encode()))
def test_no_bytes_break_the_nose(raw):
    assert format_of(raw) in {"ncpdp-script", "fhir", "unknown"}


def test_many_comments_before_the_message_are_no_trouble():
    assert format_of(b"<!---->" * 5000 + b"<Message/>") == "ncpdp-script"


def test_each_language_goes_to_its_reader():
    assert understand((MESSAGES / "fhir" / "one_order.json").read_bytes()).envelope.format == "fhir"
    assert (
        understand((MESSAGES / "ncpdp_script" / "newrx_lisinopril_2017071.xml").read_bytes()).envelope.format
        == "ncpdp-script"
    )


def test_every_reference_message_is_known(reference_data):
    for file in (reference_data / "ncpdp_script").glob("**/*.xml"):
        if "error_response" not in file.name:
            assert format_of(file.read_bytes()) == "ncpdp-script", file.name
    for file in (reference_data / "fhir_r4").glob("**/*.json"):
        assert format_of(file.read_bytes()) == "fhir", file.name
