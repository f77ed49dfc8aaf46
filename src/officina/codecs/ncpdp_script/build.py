"""NCPDP SCRIPT, writing: a `Message` as bytes, in the element order of SCRIPT 2017071 or 2023011.

Reading what was written gives the same message again. `build_status` and `build_error` are the two answers that a received
message must get in the same exchange: Status 010 (the ultimate receiver has it) or Error 900 (it cannot be processed).

>>> from officina.codecs.ncpdp_script.model import Header, Message, Party
>>> got = Message(kind="NewRx", header=Header(message_id="7", to=Party(id="9999999", qualifier="P")))
>>> answer = build_error(got, message_id="8", sent_at=datetime(2026, 1, 15, 15, 30, tzinfo=UTC), description="No drug is named")
>>> print(answer.decode()[answer.decode().index("  <Body>"):])
  <Body>
    <Error>
      <Code>900</Code>
      <Description>No drug is named</Description>
    </Error>
  </Body>
</Message>
<BLANKLINE>
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

from officina.codecs.ncpdp_script import model
from officina.codecs.ncpdp_script.layout import LAYOUT, Group, Kind, Leaf, Row
from officina.codecs.ncpdp_script.tree import Node, write
from officina.kernel.errors import Refused

DATES: dict[str, str] = {"2017071": "20170715", "2023011": "20230111"}
"""What the version attributes of Message carry."""

ATTRIBUTES = (
    "DatatypesVersion",
    "TransportVersion",
    "TransactionDomain",
    "TransactionVersion",
    "StructuresVersion",
    "ECLVersion",
)
RECEIVED = "010"
"""Status: accepted by the ultimate receiver."""
REFUSED = "900"
"""Error: the transaction was rejected."""


def build(message: model.Message, version: model.Version | None = None) -> bytes:
    """Write a message (SCRIPT 2017071 and 2023011), in the message's own version unless another is asked for.

    What the standard cannot carry is Refused: too long a text, control characters, two product codes in 2017071.
    """
    chosen = version or message.version
    if chosen not in DATES:
        raise Refused(
            "script_version", f"SCRIPT {chosen or 'of no version'} cannot be written, only 2017071 and 2023011."
        )
    if message.body is None:
        raise Refused("script_kind", f"A {message.kind} cannot be written, only what has a body.")
    root = Node("Message", "", attributes=dict.fromkeys(ATTRIBUTES, DATES[chosen]))
    root.attributes["TransactionDomain"] = "SCRIPT"
    writing = _Writing(cast("model.Version", chosen))
    writing.fill(_added(root, "Header"), message.header)
    writing.fill(_added(_added(root, "Body"), type(message.body).__name__), message.body)
    return write(root)


def build_status(
    received: model.Message, *, message_id: str, sent_at: datetime, code: str = RECEIVED, description: str = ""
) -> bytes:
    """The answer 'accepted' to a received message, in its version and back to its sender (standards: Status)."""
    body = model.Status(code=code, description=description)
    return build(_answer(received, body, message_id=message_id, sent_at=sent_at))


def build_error(
    received: model.Message,
    *,
    message_id: str,
    sent_at: datetime,
    description: str,
    description_code: str = "",
    code: str = REFUSED,
) -> bytes:
    """The answer 'refused, and why' to a received message, in its version and back to its sender (standards: Error)."""
    codes = (description_code,) if description_code else ()
    body = model.Error(code=code, description_codes=codes, description=description)
    return build(_answer(received, body, message_id=message_id, sent_at=sent_at))


def _answer(
    received: model.Message, body: model.Status | model.Error, *, message_id: str, sent_at: datetime
) -> model.Message:
    header = model.Header(
        to=received.header.from_,
        from_=received.header.to,
        message_id=message_id,
        relates_to_message_id=received.header.message_id,
        sent_time=sent_at,
        rx_reference_number=received.header.rx_reference_number,
        prescriber_order_number=received.header.prescriber_order_number,
    )
    version = received.version if received.version in DATES else "2017071"
    return model.Message(kind=type(body).__name__, version=version, header=header, body=body)


class _Writing:
    """One message being written in one version."""

    def __init__(self, version: model.Version) -> None:
        self.version = version

    def fill(self, node: Node, value: Any) -> None:
        """Put a group's fields into its element, row by row in the standard's order."""
        if isinstance(value, model.DrugCoded) and self.version == "2017071":
            value = _ndc_as_product(value)
        for row in LAYOUT[type(value)]:
            got = getattr(value, row.name)
            for one in got if row.many else (got,):
                self._put(node, row, one)

    def _put(self, node: Node, row: Row, value: Any) -> None:
        path = row.path_2023 if self.version == "2023011" and row.path_2023 else row.path
        if isinstance(row, Leaf):
            if value is not None and value != "":
                _set(node, path, _text(row, value))
        elif value is not None and (row.many or row.is_optional or value != row.of()):
            self._put_group(node, row, path, value)

    def _put_group(self, node: Node, row: Group, path: str, value: Any) -> None:
        *way, last = path.split("/")
        inner = _added(_way(node, way), last)
        self.fill(_added(inner, value.element) if row.choice else inner, value)


def _ndc_as_product(drug: model.DrugCoded) -> model.DrugCoded:
    """2017071 has one product code; the NDC is the one with qualifier ND."""
    if not drug.ndc:
        return drug
    if drug.product_code:
        raise Refused("script_product", "SCRIPT 2017071 carries one product code, not an NDC and another one.")
    return replace(drug, ndc="", product_code=drug.ndc, product_code_qualifier="ND")


def _set(node: Node, path: str, text: str) -> None:
    *way, last = path.split("/")
    outer = _way(node, way)
    if last.startswith("@"):
        outer.attributes[last[1:]] = text
    elif last == ".":
        outer.text = text
    else:
        _added(outer, last).text = text


def _way(node: Node, tags: Iterable[str]) -> Node:
    """Down the path, reusing an element only while it is the last one, so that order is kept."""
    for tag in tags:
        last = node.children[-1] if node.children else None
        node = last if last is not None and last.tag == tag else _added(node, tag)
    return node


def _added(node: Node, tag: str) -> Node:
    node.children.append(Node(tag, ""))
    return node.children[-1]


def _text(row: Leaf, value: str | date | datetime | Decimal | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if row.kind is Kind.INSTANT else ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return _plain(value)
    return _fitting(row, str(value))


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _fitting(row: Leaf, text: str) -> str:
    if row.at_most and len(text) > row.at_most:
        # Cut directions read like whole ones at the other end.
        raise Refused("script_length", f"{row.path} may have {row.at_most} characters, not {len(text)}.")
    return text
