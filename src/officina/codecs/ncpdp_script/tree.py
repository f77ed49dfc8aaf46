"""From bytes to a plain tree, and back: the only place that lets a stranger's XML in.

Every document type declaration is refused before the XML reader sees it, because entity tricks (a message that grows to
gigabytes, a message that reads a file of this machine) need one and SCRIPT never does. Namespaces are dropped, since real
senders differ in them; comments and processing instructions say nothing about the order and are dropped too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from officina.kernel.errors import ParseError, Refused

SIZE_LIMIT = 1024 * 1024
"""Bytes in a message, at most; an order of many pages stays under 100 kB."""

WRAPPER = "string"
"""Some switches answer with the whole message escaped as the text of one element of this name."""

ENCODINGS = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "windows-1252": "cp1252",
}
"""Encodings that a declaration may name. Others (UTF-7, EBCDIC …) could hide a document type declaration."""

DECLARATION = re.compile(r"""\A\s*<\?xml\s[^>]*?\?>""", re.ASCII)
NAMED = re.compile(rb"""\A\s*<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
SCHEMA_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
SECRETS = frozenset(("Password",))
HIDDEN = "(a password stood here)"
"""What is kept is shown to people; a partner's password is not theirs to see."""
XML_SPACE = " \t\r\n"


@dataclass(slots=True, eq=False)
class Node:
    """One element: `path` leads to it from below Message, with a number from the second brother of its name on."""

    tag: str
    path: str
    text: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Node"] = field(default_factory=list)
    is_read: bool = False
    """A field of the model took its text; what nobody took is kept and shown."""
    read_attributes: set[str] = field(default_factory=set)
    by_tag: dict[str, list["Node"]] | None = None
    """The children by name, told at the first question; None again when children were moved."""

    def named(self, tag: str) -> list["Node"]:
        """The children of this name, in order."""
        if self.by_tag is None:
            self.by_tag = {}
            for child in self.children:
                self.by_tag.setdefault(child.tag, []).append(child)
        return self.by_tag.get(tag, [])

    def hold(self, children: list["Node"]) -> None:
        """These are the children now."""
        self.children, self.by_tag = children, None

    def unread(self) -> Iterator[tuple[str, str]]:
        """Every text and attribute below that no field of the model took, as (path, text)."""
        for name, value in self.attributes.items():
            if name not in self.read_attributes:
                yield f"{self.path}/@{name}".lstrip("/"), value
        if not self.is_read and (self.text or not (self.children or self.attributes)):
            yield self.path, HIDDEN if self.tag in SECRETS else self.text
        for child in self.children:
            yield from child.unread()


def read(raw: bytes) -> Node:
    """The Message element of a SCRIPT message as a tree; anything else is a ParseError."""
    root = _root(_text(raw))
    if _name(root) == WRAPPER and root.text is not None and not len(root):
        root = _root(_without_declaration(root.text))
    if _name(root) != "Message":
        raise ParseError("SCRIPT message", expected="the root element Message", got=_name(root))
    return _node(root, "Message", "")


def _text(raw: bytes) -> str:
    if not raw.strip():
        raise ParseError("SCRIPT message", expected="an XML document", got="nothing")
    if len(raw) > SIZE_LIMIT:
        raise ParseError("SCRIPT message", expected=f"at most {SIZE_LIMIT} bytes", got=f"{len(raw)} bytes")
    try:
        return _without_declaration(raw.decode(_encoding(raw)))
    except UnicodeDecodeError as problem:
        raise ParseError("SCRIPT message", expected=f"text in {problem.encoding}", got=raw[:40]) from None


def _encoding(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    declared = NAMED.match(raw.removeprefix(b"\xef\xbb\xbf"))
    if declared is None:
        return "utf-8-sig"
    name = declared[1].decode("ascii").lower()
    if name not in ENCODINGS:
        raise ParseError("SCRIPT message", expected="UTF-8, UTF-16 with a byte order mark, or Latin-1", got=name)
    return ENCODINGS[name]


def _without_declaration(text: str) -> str:
    """The text as XML ready to be encoded again: its own declaration may name an encoding that no longer holds."""
    if "\x00" in text:
        raise ParseError("SCRIPT message", expected="text", got="bytes with NUL in them")
    if "<!DOCTYPE" in text:
        raise ParseError("SCRIPT message", expected="no document type declaration", got="<!DOCTYPE")
    return DECLARATION.sub("", text).lstrip(XML_SPACE)


def _root(text: str) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        return etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as problem:
        broken = f"XML that breaks at line {problem.lineno}"
        is_cut = getattr(problem, "code", 0) == etree.ErrorTypes.ERR_TAG_NOT_FINISHED or not text.rstrip(
            XML_SPACE
        ).endswith(">")
        fault = f"is cut off at line {problem.lineno}" if is_cut else f"is damaged at line {problem.lineno}"
        raise ParseError(
            "SCRIPT message",
            expected="well-formed XML",
            got=broken,
            plain=f"The message {fault}. Ask the prescriber to send it again.",
        ) from None
    except UnicodeEncodeError:
        raise ParseError("SCRIPT message", expected="text in UTF-8", got="a sign that has no place in UTF-8") from None


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _node(element: etree._Element, tag: str, path: str) -> Node:
    """The element and all below it, in one pass; lxml limits the depth to 256.

    Its text is its own with what stands between its children, so that nothing in a broken message is lost.
    """
    node = Node(tag, path)
    for name, value in element.items():
        if not str(name).startswith(SCHEMA_INSTANCE):
            node.attributes[str(name).rpartition("}")[2]] = str(value).strip(XML_SPACE)
    said = [element.text]
    seen: dict[str, int] = {}
    for child in element:
        name = _name(child)
        nth = seen[name] = seen.get(name, 0) + 1
        step = f"{name}[{nth}]" if nth > 1 else name
        node.children.append(_node(child, name, f"{path}/{step}" if path else step))
        said.append(child.tail)
    node.text = " ".join([stripped for part in said if part and (stripped := part.strip(XML_SPACE))])
    return node


def write(root: Node) -> bytes:
    """The tree as a UTF-8 document. Text that XML cannot carry (control characters) is refused, not dropped."""
    try:
        return etree.tostring(_element(root), xml_declaration=True, encoding="UTF-8", pretty_print=True)
    except ValueError as problem:
        raise Refused("script_text", f"The message cannot be written: {problem}.") from None


def _element(node: Node) -> etree._Element:
    element = etree.Element(node.tag, attrib=node.attributes)
    if node.text:
        element.text = node.text
    for child in node.children:
        element.append(_element(child))
    return element
