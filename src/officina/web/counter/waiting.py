"""What waits in the house, line by line, and what of it this person may do next."""

from dataclasses import dataclass
from datetime import datetime

from officina.base import access
from officina.base.access import Actor
from officina.dispensing import queries as dispensing
from officina.dispensing.queries import Piece
from officina.dispensing.rules.machine import FILL, TITLES, State
from officina.kernel.machine import Move
from officina.web.desks import DESKS, Desk
from officina.web.rail import late_in_words

FORWARD = {
    "start_entry": "Enter", "submit_entry": "Go on entering", "approve_entry": "Check entry", "clear_review": "Review", "settle_payment": "Price",
    "take": "Fill", "submit_fill": "Go on filling", "verify": "Check", "bag": "Bag",
}  # fmt: skip
"""The moves that bring a fill on, as said to who does them; the others set it aside or undo."""


@dataclass(frozen=True, slots=True)
class Line:
    """One state with what waits in it."""

    desk: Desk
    state: State
    title: str
    count: int
    oldest: datetime | None
    late: str
    is_mine: bool
    """Whether this person may bring it on."""


@dataclass(frozen=True, slots=True)
class Next:
    """One piece of work for this person."""

    fill: Piece
    href: str
    act: str


def lines(actor: Actor, *, at: datetime) -> list[Line]:
    """Each state that a desk shows, in the order of the work. One statement."""
    found = dispensing.waiting(actor)
    mine = _mine(actor, at=at)
    return [
        Line(
            d,
            s,
            TITLES[s],
            found[s].count,
            found[s].oldest,
            late_in_words(found[s].late_by(at)) if d.counts_late else "",
            s in mine,
        )
        for d in DESKS
        for s in d.states
    ]


def next_for(actor: Actor, *, at: datetime, most: int = 8) -> list[Next]:
    """The most urgent work that this person may bring on: what needs their licence first, then the earliest promise."""
    mine = _mine(actor, at=at)
    licensed = [s for s, m in mine.items() if access.act(m.needs).licences]
    rest = [s for s in mine if s not in licensed]
    found: list[Next] = []
    for states in (licensed, rest):
        if states and len(found) < most:
            fills = dispensing.worklist(actor, *states, most=most * 3)
            found += [_next(f) for f in fills if _may(actor, f, at=at)]
    return found[:most]


def _mine(actor: Actor, *, at: datetime) -> dict[State, Move]:
    """The states out of which this person may bring a fill on, with the move that does."""
    return {
        State(s): m
        for m in FILL.moves
        if m.name in FORWARD and actor.may(access.act(m.needs), at=at)
        for s in m.sources
    }


def _may(actor: Actor, fill: Piece, *, at: datetime) -> bool:
    """Whether the step is theirs: nobody checks what they filled, nobody finishes what lies on another's bench."""
    step = _step(fill)
    theirs = fill.state == State.FILLING and fill.filled_by_id != actor.user_id
    return not theirs and actor.may(access.act(step.needs), at=at, filler=fill.filled_by_id)


def _next(fill: Piece) -> Next:
    desk = next(d for d in DESKS if fill.state in d.states)
    return Next(fill, desk.at(fill.code), FORWARD[_step(fill).name])


def _step(fill: Piece) -> Move:
    return next(m for m in FILL.open_from(fill.state) if m.name in FORWARD)
