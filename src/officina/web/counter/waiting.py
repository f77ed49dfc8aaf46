"""What waits in the house, line by line, and what of it this person may do next."""

from dataclasses import dataclass
from datetime import datetime

from officina.base import access
from officina.base.access import Actor
from officina.dispensing import queries as dispensing
from officina.dispensing.queries import Fill
from officina.dispensing.rules.machine import FILL, TITLES, State
from officina.kernel.machine import Move
from officina.web.desks import DESKS, Desk
from officina.web.rail import late_in_words

FORWARD = {
    "start_entry",
    "submit_entry",
    "approve_entry",
    "clear_review",
    "settle_payment",
    "take",
    "submit_fill",
    "verify",
    "bag",
}
"""The moves that bring a fill on; the others set it aside or undo."""


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

    fill: Fill
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
    """The most urgent work that this person may bring on, earliest promise first. Nobody is sent to check what they filled."""
    mine = _mine(actor, at=at)
    found = dispensing.worklist(actor, *mine, most=most * 3) if mine else []
    return [_next(f) for f in found if _may(actor, f, at=at)][:most]


def _mine(actor: Actor, *, at: datetime) -> list[State]:
    """The states out of which this person may bring a fill on."""
    moves = [m for m in FILL.moves if m.name in FORWARD and actor.may(access.act(m.needs), at=at)]
    return list(dict.fromkeys(State(s) for m in moves for s in m.sources))


def _may(actor: Actor, fill: Fill, *, at: datetime) -> bool:
    step = _step(fill)
    # What somebody else took to the bench is theirs to finish.
    theirs = fill.state == State.FILLING and fill.filled_by_id != actor.user_id
    return not theirs and actor.may(access.act(step.needs), at=at, filler=fill.filled_by_id)


def _next(fill: Fill) -> Next:
    desk = next(d for d in DESKS if fill.state in d.states)
    return Next(fill, desk.at(fill.code), _step(fill).title)


def _step(fill: Fill) -> Move:
    return next(m for m in FILL.open_from(fill.state) if m.name in FORWARD)
