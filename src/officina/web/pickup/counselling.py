"""The offer to counsel, at the counter and by telephone while a driver has the bag."""

from officina.dispensing.acts import COUNSEL
from officina.dispensing.queries import PickUp
from officina.web.answers import tell
from officina.web.forms import form
from officina.web.http import DeskRequest
from officina.web.pickup.forms import CounselForm


def counsel_form(request: DeskRequest, came: PickUp) -> CounselForm:
    """The offer to counsel, with the answers that this person may write down."""
    may_counsel = bool(request.actor.may(COUNSEL, at=request.at))
    return form(request, CounselForm, initial={"outcome": came.counsel}, may_counsel=may_counsel)


def tell_counsel(request: DeskRequest, came: PickUp) -> None:
    """Say what was written down, and whom to call where the patient said yes."""
    if came.counsel == "wanted":
        tell(request, "Written down. Call the pharmacist: nothing is handed over before they have counselled.", "look")
    else:
        tell(request, "Written down.")
