"""A workflow is a table of moves; buttons, permission and law read the same table.

>>> door = Machine("door", move("open", "shut", to="ajar", needs="door.open"), move("shut", "ajar", to="shut", needs="door.shut"))
>>> door.move("open", "shut").to
'ajar'
>>> [m.name for m in door.open_from("ajar")]
['shut']
"""

from collections.abc import Iterator
from dataclasses import dataclass

from officina.kernel.errors import Refused

BACK = "(the state it was held from)"
"""Target of a move that returns to wherever the thing stood before it was set aside; resolved from its recorded steps."""


@dataclass(frozen=True, slots=True)
class Move:
    """One legal step: by `name`, from any of `sources`, to `to`, for a person whose acts include `needs`."""

    name: str
    sources: tuple[str, ...]
    to: str
    needs: str
    why: bool = False
    """A reason must be given."""
    title: str = ""
    """The word on the button."""


def move(name: str, *sources: str, to: str, needs: str, why: bool = False, title: str = "") -> Move:
    """Write one row of a machine's table."""
    return Move(name, sources, to, needs, why, title or name.replace("_", " ").capitalize())


class IllegalMove(Refused):
    """A step that the table does not allow from where the thing stands now."""


class Machine:
    """A named table of moves. Names may repeat with other sources; one name and source lead to one move."""

    def __init__(self, name: str, *moves: Move) -> None:
        self.name = name
        self.moves = moves
        self._by: dict[tuple[str, str], Move] = {}
        for m in moves:
            for source in m.sources:
                if (m.name, source) in self._by:
                    raise ValueError(f"{name}: {m.name} from {source} is written twice")
                self._by[m.name, source] = m

    def move(self, name: str, state: str) -> Move:
        """The move called `name` from `state`; IllegalMove (never a silent skip) where the table has none."""
        found = self._by.get((name, state))
        if found is None:
            steps = ", ".join(m.title for m in self.open_from(state)) or "nothing"
            raise IllegalMove(
                "illegal_move",
                f"This {self.name} is {state.replace('_', ' ')}: {name.replace('_', ' ')} is not possible from there. Possible: {steps}.",
            )
        return found

    def open_from(self, state: str) -> list[Move]:
        """The moves that lead out of `state`, in table order: what buttons a page may show."""
        return [m for m in self.moves if state in m.sources]

    def states(self) -> Iterator[str]:
        """Every state named in the table, once, in order of appearance."""
        seen: dict[str, None] = {}
        for m in self.moves:
            for state in (*m.sources, m.to):
                if state != BACK:
                    seen.setdefault(state)
        yield from seen
