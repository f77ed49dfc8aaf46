"""A medicine's own page: what it is, what may be dispensed in its place, its prices and notices, and where it stands here."""

from officina.dispensing import drug_sheet
from officina.drugs.rules.substitution import DAW, is_narrow
from officina.inventory.acts import SEE
from officina.kernel.errors import ParseError
from officina.patients.acts import SEE as SEE_PATIENTS
from officina.web.answers import Context, page
from officina.web.drug import chart
from officina.web.http import DeskRequest

FEW = 12
"""So many excluded products are shown at once; more are folded away, and their number is told."""


@page("drug/sheet.html", parts=("work",), needs=(SEE,))
def sheet(request: DeskRequest, ndc: str) -> Context:
    actor, on, daw = request.actor, request.actor.day(request.at), _daw(request)
    found = drug_sheet.sheet(actor, ndc, on=on, daw=daw)
    own = found.alternatives.found.written
    return {
        "sheet": found,
        "own": own,
        "narrow": is_narrow(own.sold),
        "schedule": found.schedule,
        "daw": daw,
        "daws": DAW,
        "few": FEW,
        "chart": chart.of(found.prices, until=on),
        "dollars": chart.dollars,
        "balances": drug_sheet.on_shelves(actor, found.product),
        # Which fills a medicine went into tells of patients, though no name stands here.
        "fills": drug_sheet.last_fills(actor, found.product) if actor.may(SEE_PATIENTS, at=request.at) else None,
        "today": on,
    }


def _daw(request: DeskRequest) -> int:
    asked = request.GET.get("daw", "0")
    if len(asked) != 1 or asked not in "0123456789":
        raise ParseError("product selection code", expected="0 to 9", got=asked)
    return int(asked)
