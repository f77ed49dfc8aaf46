"""The audit desk: who did what, and whether the seals are whole."""

from datetime import date

from django.core.exceptions import ValidationError

from officina.base import audit as trail
from officina.base import queries as house
from officina.base.acts import SEE_AUDIT
from officina.dispensing import about, queries
from officina.web import telling
from officina.web.answers import Context, page, tell
from officina.web.desks import AUDIT
from officina.web.forms import DateField
from officina.web.http import DeskRequest


@page("audit/desk.html", parts=("found",), needs=(SEE_AUDIT,))
def desk(request: DeskRequest) -> Context:
    asked = {name: request.GET.get(name, "").replace("\x00", "")[:60] for name in ("verb", "who", "number", "day")}
    who = asked["who"]
    person = int(who) if who.isascii() and who.isdigit() and len(who) < 10 else None
    day, day_error = _day(asked["day"])
    codes = about.codes_of(request.actor, asked["number"]) if asked["number"].strip() else None
    found = trail.entries(
        request.actor,
        verb=asked["verb"],
        user_id=person,
        on_codes=codes,
        day=day,
        cursor=request.GET.get("after", ""),
    )
    stops = queries.stopped(request.actor).items()
    return {
        "desk": AUDIT,
        "asked": asked,
        "verbs": sorted(
            ((code, words[:1].upper() + words[1:]) for code, words in trail.verbs().items()), key=lambda v: v[1]
        ),
        "people": house.colleagues(request.actor.site_id),
        "entries": found,
        "about": about.things(request.actor, found.rows),
        "day_error": day_error,
        "is_unknown": codes == [],
        "seals": trail.seals(request.actor),
        "stopped": sorted(((telling.stopped(code, said), n) for code, (n, said) in stops), key=lambda pair: -pair[1]),
    }


def _day(text: str) -> tuple[date | None, str]:
    """The day as typed, or what is wrong with it."""
    try:
        return DateField(required=False).clean(text), ""
    except ValidationError as problem:
        return None, " ".join(problem.messages)


@desk.act("verify_seals")
def verify_seals(request: DeskRequest) -> None:
    """Read every sealed entry again."""
    request.actor.must(SEE_AUDIT, at=request.at)
    broken = list(trail.broken_seals(request.actor.site_id))
    for sentence in broken:
        tell(request, sentence, "no")
    if not broken:
        tell(request, "Every seal is whole.")
