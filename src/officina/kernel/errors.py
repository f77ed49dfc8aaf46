"""The two ways a call may fail that are not bugs: bad wire data, and a house that says no.

>>> str(ParseError("NPI", where="Prescriber/NPI", expected="10 digits", got="123"))
"'123' is no NPI at Prescriber/NPI: expected 10 digits."
"""

from collections.abc import Mapping
from dataclasses import dataclass


class ParseError(ValueError):
    """Something that came from outside could not be read.

    `thing` is what it should have been, `where` the place in the message (a path, a segment, an offset; may be empty),
    `expected` what the standard asks for, `got` what stood there (cut to 120 characters for the sentence). `plain` says it to a person
    who knows no standard, and what to do; the sentence then stands small beside it.
    """

    def __init__(self, thing: str, *, expected: str, got: object, where: str = "", plain: str = "") -> None:
        self.thing, self.where, self.expected, self.got, self.plain = thing, where, expected, got, plain
        place = f" at {where}" if where else ""
        shown = repr(got) if len(repr(got)) <= 120 else repr(got)[:117] + "…"
        super().__init__(f"{shown} is no {thing}{place}: expected {expected}.")


@dataclass
class Refused(Exception):
    """The house says no: an act that may not be done now, or not by this person, or not to this thing.

    `code` is stable and greppable; `sentence` is shown to the person and says what happened, what was kept and what to
    do; `fields` puts sentences beside form fields; `expected` and `came` are shown side by side where something was compared.
    """

    code: str
    sentence: str
    fields: Mapping[str, str] | None = None
    expected: str = ""
    came: str = ""
    beside: str = ""
    """The technical part, for who knows the standard; small beside the sentence."""

    def __str__(self) -> str:
        return self.sentence
