"""The prescribers desk: what was asked of prescribers, what they answered, and what they take back."""

from officina.dispensing.services import enquiring
from officina.exchange import asking
from officina.kernel.errors import ParseError, Refused
from officina.kernel.ids.numbers import HouseNumber
from officina.prescriptions import queries
from officina.prescriptions.acts import ASK
from officina.prescriptions.queries import Enquiry, Withdrawal
from officina.prescriptions.services import emergency
from officina.web.answers import Context, page, tell
from officina.web.desks import REQUESTS
from officina.web.forms import code, form, reason
from officina.web.http import DeskRequest
from officina.web.requests.forms import AnswerForm, SignedForm


@page("requests/desk.html", parts=("work",), needs=(ASK,))
def desk(request: DeskRequest) -> Context:
    enquiries = queries.open_enquiries(request.actor)
    return {
        "desk": REQUESTS,
        "emergencies": queries.emergencies(request.actor),
        "today": request.actor.day(request.at),
        "signed": form(request, SignedForm),
        "withdrawals": queries.open_withdrawals(request.actor),
        "answered": [e for e in enquiries if e.state != Enquiry.State.WAITING],
        "waiting": [e for e in enquiries if e.state == Enquiry.State.WAITING],
        "answer_form": form(request, AnswerForm),
    }


@desk.act("signed_came")
def signed_came(request: DeskRequest) -> None:
    order = queries.emergency(request.actor, code(request, "emergency"))
    emergency.signed_came(request.actor, order=order, **form(request, SignedForm).facts(), at=request.at)
    tell(request, f"Written down. Attach it to the order by telephone, Rx {order.prescription.number}.")


@desk.act("tell_dea")
def tell_dea(request: DeskRequest) -> None:
    order = queries.emergency(request.actor, code(request, "emergency"))
    emergency.tell_dea(request.actor, order=order, how=reason(request, "how"), at=request.at)
    tell(request, "Written down: the DEA was told.", "look")


@desk.act("seen")
def seen(request: DeskRequest) -> None:
    enquiry = enquiring.see(request.actor, enquiry=_enquiry(request), at=request.at)
    tell(request, f"Put aside. It stays with Rx {enquiry.prescription.number}.")


@desk.act("answer")
def answer(request: DeskRequest) -> None:
    facts = form(request, AnswerForm).facts()
    enquiry = enquiring.note_answer(request.actor, enquiry=_enquiry(request), at=request.at, **facts)
    if enquiry.state == Enquiry.State.DENIED:
        tell(request, f"Written down: denied. Tell the patient of Rx {enquiry.prescription.number}.")
    else:
        tell(request, "Written down. Take the order in by hand at intake: by telephone, and read it back.", "look")


@desk.act("withdraw")
def withdraw(request: DeskRequest) -> None:
    enquiring.withdraw(request.actor, enquiry=_enquiry(request), why=reason(request), at=request.at)
    tell(request, "No longer asked.")


@desk.act("bind")
def bind(request: DeskRequest) -> None:
    found = _by_number(request, request.POST.get("number", ""))
    enquiring.bind(request.actor, withdrawal=_withdrawal(request), prescription=found, at=request.at)
    tell(request, f"Rx {found.number} is stopped until you decide.", "look")


@desk.act("cancel")
def cancel(request: DeskRequest) -> None:
    done = asking.decide(request.actor, _withdrawal(request), cancel=True, why=reason(request), at=request.at)
    number = done.prescription.number if done.prescription else ""
    tell(request, f"Rx {number} is cancelled; what was in the house went back to stock. The prescriber is told.")


@desk.act("keep")
def keep(request: DeskRequest) -> None:
    asking.decide(request.actor, _withdrawal(request), cancel=False, why=reason(request), at=request.at)
    tell(request, "Not cancelled. The prescriber is told why.")


def _enquiry(request: DeskRequest) -> Enquiry:
    return queries.enquiry(request.actor, code(request, "request"))


def _withdrawal(request: DeskRequest) -> Withdrawal:
    return queries.withdrawal(request.actor, code(request, "withdrawal"))


def _by_number(request: DeskRequest, typed: str) -> queries.Prescription:
    try:
        number = HouseNumber.parse(typed).text
    except ParseError as problem:
        raise Refused(
            "number", f"“{typed}” is no Rx number of this pharmacy.", {"number": problem.expected}
        ) from problem
    found = queries.by_number(request.actor, number)
    if found is None:
        raise Refused("no_prescription", f"There is no Rx {number} here.", {"number": "Not found"})
    return found
