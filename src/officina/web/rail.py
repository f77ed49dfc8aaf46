"""The left rail: each desk this person may stand at, with what waits there and how late it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from officina.base.access import Actor
from officina.dispensing import queries as dispensing
from officina.dispensing.queries import Waiting
from officina.dispensing.rules.machine import State
from officina.kernel.clock import in_words
from officina.prescriptions import queries as prescriptions
from officina.web.desks import DESKS, Desk


@dataclass(frozen=True, slots=True)
class Stop:
    """One desk on the rail."""

    desk: Desk
    waiting: int
    is_more: bool
    """Whether that is only where the counting ended."""
    oldest: datetime | None
    late: str
    """'12 min late', or nothing."""
    is_here: bool


def stops(actor: Actor, path: str, *, at: datetime) -> list[Stop]:
    """The desks in their order. Two statements, which much waiting work does not make slower."""
    found, stopped = dispensing.at_a_glance(actor)
    to_look_at = prescriptions.to_look_at(actor)
    seen = [d for d in DESKS if not d.needs or any(n.code in actor.grants for n in d.needs)]
    return [_other(d, path, to_look_at) if d.kinds else _stop(d, path, found, stopped, at) for d in seen]


def _other(desk: Desk, path: str, to_look_at: dict[str, tuple[int, datetime | None]]) -> Stop:
    here = [to_look_at[kind] for kind in desk.kinds if kind in to_look_at]
    since = [oldest for _, oldest in here if oldest is not None]
    is_here = path.startswith(desk.path)
    return Stop(desk, sum(n for n, _ in here), False, min(since, default=None), "", is_here)


def _stop(desk: Desk, path: str, found: dict[State, Waiting], stopped: int, at: datetime) -> Stop:
    here = [found[s] for s in desk.states]
    is_more = any(w.is_more for w in here)
    since = [w.oldest for w in here if w.oldest is not None and not is_more]
    late = max((w.late_by(at) for w in here), default=timedelta()) if desk.counts_late else timedelta()
    many = sum(w.count for w in here) + (stopped if desk.takes_stopped else 0)
    is_here = path == desk.path if desk.path == "/" else path.startswith(desk.path)
    return Stop(desk, many, is_more, min(since, default=None), late_in_words(late), is_here)


def late_in_words(late: timedelta) -> str:
    """'12 min late'; nothing where it is less than a minute."""
    return f"{in_words(late)} late" if late >= timedelta(minutes=1) else ""
