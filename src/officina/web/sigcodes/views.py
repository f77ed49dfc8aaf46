"""The house's own sig codes: kept here, written out at the entry desk while somebody types."""

from officina.dosing import wording
from officina.prescriptions import queries
from officina.prescriptions.acts import KEEP_SIG_CODES
from officina.prescriptions.services import sig_codes
from officina.web.answers import Context, page, tell
from officina.web.desks import SIG_CODES
from officina.web.forms import form
from officina.web.http import DeskRequest
from officina.web.sigcodes.forms import CodeForm


@page("sigcodes/desk.html", parts=("work",), needs=(KEEP_SIG_CODES,))
def desk(request: DeskRequest) -> Context:
    codes = queries.sig_code_list(request.actor)
    return {
        "desk": SIG_CODES,
        "form": form(request, CodeForm),
        "codes": [(code, wording.of(code.expansion)) for code in codes],
    }


@desk.act("set")
def set_code(request: DeskRequest) -> None:
    code = sig_codes.set_code(request.actor, **form(request, CodeForm).facts(), at=request.at)
    request.outcome.forms.clear()
    tell(request, f"“{code.typed}” stands for “{code.expansion}” from now on.")


@desk.act("end")
def end_code(request: DeskRequest) -> None:
    code = queries.sig_code(request.actor, request.POST.get("typed", "")[:40])
    sig_codes.end_code(request.actor, code=code, at=request.at)
    request.outcome.forms.clear()
    tell(request, f"“{code.typed}” is no code any more. What was entered with it stays.")
