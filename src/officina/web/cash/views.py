"""The cash desk: the drawer counted, what was taken today, and house accounts."""

from datetime import date

from django.http import HttpResponse

from officina.dispensing import takings
from officina.dispensing.acts import CORRECT_PAYMENT, SEE_CASH, TAKE_MONEY
from officina.dispensing.rules.payments import KINDS
from officina.dispensing.services import payments
from officina.kernel.errors import ParseError, Refused
from officina.patients import queries as patients
from officina.patients.acts import SEE
from officina.web.answers import Context, page, shown, tell
from officina.web.cash.forms import AccountForm, CorrectForm, DrawerForm, FindForm
from officina.web.desks import CASH
from officina.web.forms import code as named
from officina.web.forms import form, reason
from officina.web.http import DeskRequest


@page("cash/desk.html", parts=("work",), needs=(TAKE_MONEY, SEE_CASH))
def desk(request: DeskRequest) -> Context:
    actor, on = request.actor, _day(request)
    sees_all = actor.may(SEE_CASH, at=request.at)
    rows = takings.totals(actor, on, user_id=None if sees_all else actor.user_id)
    counts = takings.counts(actor, on) if sees_all else []
    return {
        "desk": CASH,
        "on": on,
        "today": actor.day(request.at),
        "kinds": KINDS,
        "rows": rows,
        "whole": takings.together(rows),
        "counts": [(c, takings.difference(c)) for c in counts],
        "payments": takings.of_day(actor, on) if sees_all else [],
        "sees_all": sees_all,
        "drawer": takings.drawer(actor),
        "accounts": takings.accounts(actor),
        "found": [],
        "count": form(request, DrawerForm),
        "find": form(request, FindForm),
        "correct": CORRECT_PAYMENT.code,
    }


def _day(request: DeskRequest) -> date:
    """The day that is looked at: today, or the one in the address."""
    text = request.GET.get("on", "")
    if not text:
        return request.actor.day(request.at)
    try:
        return date.fromisoformat(text)
    except ValueError as problem:
        raise ParseError("day", expected="a day such as 2026-11-23", got=text) from problem


@desk.act("open")
def open_drawer(request: DeskRequest) -> None:
    facts = form(request, DrawerForm).facts()
    made = payments.open_drawer(request.actor, **facts, at=request.at)
    tell(request, f"The drawer is open with ${made.counted:.2f}.")


@desk.act("close")
def close_drawer(request: DeskRequest) -> None:
    facts = form(request, DrawerForm).facts()
    made = payments.close_drawer(request.actor, **facts, at=request.at)
    difference = takings.difference(made)
    if not difference:
        tell(request, f"Closed. The count agrees: ${made.counted:.2f}.")
        return
    how = "too much" if difference > 0 else "too little"
    tell(
        request,
        f"Closed. Expected ${made.expected:.2f}, counted ${made.counted:.2f}: ${abs(difference):.2f} {how}.",
        "look",
    )


@desk.act("correct")
def correct(request: DeskRequest) -> None:
    payment = takings.payment(request.actor, named(request, "payment"))
    kind = form(request, CorrectForm).facts()["kind"]
    made = payments.correct(request.actor, payment=payment, kind=kind, why=reason(request), at=request.at)
    tell(request, f"${made.amount:.2f} now stands as {made.get_kind_display().lower()}.")


@desk.act("find")
def find(request: DeskRequest) -> HttpResponse:
    """The account of a patient who owes nothing stands in no list."""
    request.actor.must(SEE, at=request.at)
    who = form(request, FindForm).facts()["who"]
    found = patients.search(request.actor, who)
    if not found:
        raise Refused("nobody", "Nobody was found.", {"who": "Try the beginning of the name, or the number"})
    return shown(request, desk, found=found)


@page("cash/account.html", parts=("work",), needs=(TAKE_MONEY, SEE_CASH))
def account(request: DeskRequest, code: str) -> Context:
    patient = patients.patient(request.actor, code)
    return {
        "desk": CASH,
        "patient": patient,
        "entries": takings.statement(request.actor, patient),
        "owed": takings.balance(request.actor, patient.pk),
        "pay": form(request, AccountForm),
    }


@account.act("pay")
def pay(request: DeskRequest, code: str) -> None:
    patient = patients.patient(request.actor, code)
    facts = form(request, AccountForm).facts()
    made = payments.pay_account(request.actor, patient=patient, **facts, at=request.at)
    change = "" if made.given is None else f" Change ${made.given - made.amount:.2f}."
    tell(request, f"${made.amount:.2f} {made.kind} on the account.{change}")
