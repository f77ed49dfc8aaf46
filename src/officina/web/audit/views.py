"""The audit desk: who did what, and whether the seals are whole."""

from officina.base import audit as trail
from officina.base import queries as house
from officina.base.acts import SEE_AUDIT
from officina.dispensing import queries
from officina.web.answers import Context, page, tell
from officina.web.desks import AUDIT
from officina.web.http import DeskRequest


@page("audit/desk.html", parts=("found",), needs=(SEE_AUDIT,))
def desk(request: DeskRequest) -> Context:
    asked = {name: request.GET.get(name, "").replace("\x00", "")[:60] for name in ("verb", "who", "thing")}
    who = asked["who"]
    person = int(who) if who.isascii() and who.isdigit() and len(who) < 10 else None
    return {
        "desk": AUDIT,
        "asked": asked,
        "verbs": sorted(trail.verbs().items()),
        "people": house.colleagues(request.actor.site_id),
        "entries": trail.entries(
            request.actor,
            verb=asked["verb"],
            user_id=person,
            on_code=asked["thing"],
            cursor=request.GET.get("after", ""),
        ),
        "seals": trail.seals(request.actor),
        "stopped": sorted(queries.stopped(request.actor).items(), key=lambda pair: -pair[1]),
    }


@desk.act("verify_seals")
def verify_seals(request: DeskRequest) -> None:
    """Read every sealed entry again."""
    request.actor.must(SEE_AUDIT, at=request.at)
    broken = list(trail.broken_seals(request.actor.site_id))
    for sentence in broken:
        tell(request, sentence, "no")
    if not broken:
        tell(request, "Every seal is whole.")
