"""A prescription's own page: its fills, its label, and all that happened."""

from decimal import Decimal

from django.http import HttpResponse

from officina.dispensing import queries, refillable
from officina.dispensing.acts import REFILL
from officina.dispensing.services import refills, review, transfers
from officina.exchange import asking
from officina.inventory import queries as stock
from officina.kernel.errors import ParseError
from officina.labels import sheet
from officina.law import auto_refill
from officina.patients import queries as patients
from officina.patients.acts import SEE
from officina.prescriptions import queries as prescriptions
from officina.prescriptions.services import consents, orders
from officina.screening import queries as screening
from officina.web import comparing
from officina.web.answers import Context, Go, document, go, page, tell
from officina.web.desks import desk_of
from officina.web.forms import code as named
from officina.web.forms import form, version
from officina.web.http import DeskRequest
from officina.web.prescription.forms import (
    ChangeForm,
    ConsentForm,
    PictureForm,
    RefillForm,
    RenewalForm,
    TransferForm,
    WithdrawalForm,
)


@page("prescription/work.html", parts=("work",), needs=(SEE,))
def work(request: DeskRequest, code: str) -> Context:
    rx = prescriptions.prescription(request.actor, code)
    fills = queries.fills_of(rx)
    may_refill = request.actor.may(REFILL, at=request.at) and any(f.state == "sold" for f in fills)
    again = refillable.one(rx, fills, on=request.actor.day(request.at)) if may_refill else None
    scans, moves = queries.scans_of(fills), stock.moves_about_each(rx.site_id, [f.number for f in fills])
    return {
        "rx": rx,
        "refill": again,
        "refill_form": form(
            request,
            RefillForm,
            initial={"quantity": _usual(again) or rx.quantity},
            early=bool(again and again.refusal),
        ),
        **_asked(request, rx),
        **_consent(request, rx),
        "profile": patients.profile(rx.patient) if rx.patient else None,
        "fills": [
            {
                "fill": f,
                "desk": desk_of(f.state),
                "scans": scans[f.pk],
                "moves": moves[f.number],
                "held": queries.came_back(f) if f.state == "held" else None,
            }
            for f in fills
        ],
        "dispensed": next((f.package for f in reversed(fills) if f.package), None),
        "lines": comparing.lines(comparing.order_of(rx), rx, prescriptions.sig_codes(request.actor)),
        "left": queries.refills_left(rx),
        "entries": queries.timeline(rx),
        "screening": screening.current(rx.pk),
        "pictures": prescriptions.attachments(rx.pk),
        "picture": form(request, PictureForm),
    }


def _usual(again: refillable.Asked | None) -> Decimal | None:
    """What a refill holds: the whole order, or what is left of it after smaller fills."""
    return again.standing.most if again is not None and again.standing is not None else None


def _consent(request: DeskRequest, rx: prescriptions.Prescription) -> Context:
    """The consents to refill it by itself; a form to give one where the law allows it, or to withdraw the one that holds."""
    kept = prescriptions.consents_of(rx)
    holds = bool(kept and kept[0].ended_at is None)
    ruling = auto_refill.may_consent(rx.schedule, on=request.actor.day(request.at), state=request.actor.state)
    name = {"given_by": f"{rx.patient.first_name} {rx.patient.last_name}"} if rx.patient else {}
    return {
        "consents": kept,
        "consent_holds": holds,
        "may_consent": ruling,
        "consent_form": form(request, ConsentForm, initial=name),
        "withdrawal_form": form(request, WithdrawalForm, initial={"withdrawn_by": name.get("given_by", "")}),
    }


def _asked(request: DeskRequest, rx: prescriptions.Prescription) -> Context:
    """What was asked of the prescriber, where it went; and the forms to ask."""
    enquiries, withdrawals, transfers = prescriptions.told_of(rx)
    return {
        "enquiries": enquiries,
        "withdrawals": withdrawals,
        "transfers": transfers,
        "renewal_form": form(request, RenewalForm, initial={"refills": rx.refills}),
        "change_form": form(request, ChangeForm),
        "transfer_form": form(request, TransferForm),
    }


@work.act("ask_renewal")
def ask_renewal(request: DeskRequest, code: str) -> None:
    rx = prescriptions.prescription(request.actor, code)
    _tell_asked(request, asking.ask_renewal(request.actor, rx, at=request.at, **form(request, RenewalForm).facts()))


@work.act("ask_change")
def ask_change(request: DeskRequest, code: str) -> None:
    rx = prescriptions.prescription(request.actor, code)
    _tell_asked(request, asking.ask_change(request.actor, rx, at=request.at, **form(request, ChangeForm).facts()))


def _tell_asked(request: DeskRequest, enquiry: prescriptions.Enquiry) -> None:
    if enquiry.by_wire:
        tell(request, "Sent to the prescriber. The answer comes to the prescribers desk.")
    else:
        tell(request, "This prescriber is in no network here: call or fax. It waits at the prescribers desk.", "look")


@work.act("release")
def release(request: DeskRequest, code: str) -> None:
    """A fill on hold is taken up again where it stood."""
    fill = queries.fill(request.actor, named(request, "fill"), version=version(request))
    fill = review.release(request.actor, fill=fill, at=request.at)
    tell(request, f"{fill.number} is taken up again where it stood.")


@work.act("refill")
def refill(request: DeskRequest, code: str) -> None:
    rx = prescriptions.prescription(request.actor, code)
    facts = form(request, RefillForm, early="early" in request.POST).facts()
    fill = refills.refill(request.actor, prescription=rx, at=request.at, **facts)
    tell(request, f"Rx {rx.number} is being refilled: {fill.number} waits for the review.")


@work.act("consent")
def consent(request: DeskRequest, code: str) -> None:
    rx = prescriptions.prescription(request.actor, code)
    consents.give(request.actor, prescription=rx, at=request.at, **form(request, ConsentForm).facts())
    tell(request, f"Written down: Rx {rx.number} is refilled automatically when it runs out.")


@work.act("withdraw_consent")
def withdraw_consent(request: DeskRequest, code: str) -> None:
    rx = prescriptions.prescription(request.actor, code)
    consents.withdraw(request.actor, prescription=rx, at=request.at, **form(request, WithdrawalForm).facts())
    tell(request, f"Written down: Rx {rx.number} is not refilled automatically any more.")


@work.act("attach")
def attach(request: DeskRequest, code: str) -> None:
    rx = prescriptions.prescription(request.actor, code)
    picture = form(request, PictureForm).facts()["picture"]
    orders.attach(request.actor, prescription=rx, data=picture.read(), at=request.at)
    request.outcome.forms.clear()
    tell(request, f"Bound to Rx {rx.number}.")


@work.act("transfer")
def transfer(request: DeskRequest, code: str) -> Go:
    rx = prescriptions.prescription(request.actor, code)
    facts = form(request, TransferForm).facts()
    asked_by = facts.pop("asked_by")
    made = transfers.transfer_out(
        request.actor, prescription=rx, to=transfers.Other(**facts), asked_by=asked_by, at=request.at
    )
    tell(
        request, f"Rx {rx.number} went to {made.pharmacy} with {made.refills} refill{'s' if made.refills != 1 else ''}."
    )
    return go("prescription:transfer", made.code)


@page("prescription/transfer.html", parts=("work",), needs=(SEE,))
def transfer_record(request: DeskRequest, code: str) -> Context:
    found = prescriptions.transfer(request.actor, code)
    return {"transfer": found, "rx": found.prescription, "record": found.record}


@document
def label(request: DeskRequest, code: str, kind: str) -> HttpResponse:
    """The label of a fill, to look at."""
    if kind not in sheet.FORMS:
        raise ParseError("label format", expected=", ".join(sheet.FORMS), got=kind)
    request.actor.must(SEE, at=request.at)
    fill = queries.fill(request.actor, code)
    facts = queries.label_facts(fill, on=request.actor.day(fill.filled_at or request.at))
    return HttpResponse(sheet.render(facts, kind=kind), content_type=sheet.MEDIA_TYPES[kind])
