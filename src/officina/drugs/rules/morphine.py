"""Which medicines a line of the CDC's conversion factors is about.

>>> is_of("codeine", bases=frozenset({"acetaminophen", "codeine"}), route="oral")
True
>>> is_of("fentanyl transdermal", bases=frozenset({"fentanyl"}), route="nasal")
False
"""

from collections.abc import Set as AbstractSet

_BY_MOUTH = {"oral", "by mouth"}


def is_of(opioid: str, *, bases: AbstractSet[str], route: str) -> bool:
    """Whether the line is of a drug with these ingredients by this route. A line that names no route is of what is swallowed: no
    factor of it may be read beside an injection.
    """
    words = opioid.lower().split()
    routes = {one.strip() for one in route.lower().split(";")}
    for base in bases:
        name = base.split("-")
        if words[: len(name)] == name:
            way = words[len(name) :]
            return routes <= _BY_MOUTH if not way else routes == {" ".join(way)}
    return False
