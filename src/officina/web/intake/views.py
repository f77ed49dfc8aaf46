"""The intake desk: files as they came, orders by hand, and every message with what was understood of it."""

from typing import Any

from django.http import HttpResponse

from officina.dispensing.services import intake as fills
from officina.dispensing.services import transfers
from officina.exchange import intake
from officina.law import emergency as law
from officina.patients.acts import SEE
from officina.prescriptions import queries, suggestions
from officina.prescriptions.acts import RECEIVE, RECEIVE_EMERGENCY, TRANSFER
from officina.prescriptions.services import messages
from officina.prescriptions.written import WrittenOrder, WrittenPatient, WrittenPrescriber
from officina.web.answers import Context, Go, document, go, page, shown, tell
from officina.web.desks import INTAKE
from officina.web.forms import form, reason
from officina.web.http import DeskRequest
from officina.web.intake.forms import EmergencyForm, HandForm, TransferForm, UploadForm

SHOWN = 60_000
"""Characters of a message that a page shows; the whole is kept."""


@page("intake/desk.html", parts=("desk",), needs=(RECEIVE,))
def desk(request: DeskRequest) -> Context:
    return {
        "desk": INTAKE,
        "unsettled": queries.unsettled(request.actor),
        "messages": queries.messages(request.actor, cursor=request.GET.get("after", "")),
        "upload": form(request, UploadForm),
        "results": [],
    }


@desk.act("upload")
def upload(request: DeskRequest) -> HttpResponse:
    files = form(request, UploadForm).facts()["messages"]
    results: list[tuple[str, intake.Receipt]] = []
    for n, file in enumerate(files):
        # Each file is a command of its own: one key for all would answer the second with the first one's answer.
        actor = request.actor.for_part(n)
        results.append((file.name, intake.receive(actor, file.read(), name=file.name, at=request.at)))
    request.outcome.forms.clear()
    taken = sum(len(r.prescriptions) for _, r in results)
    tell(request, f"{len(results)} received, {taken} prescription{'' if taken == 1 else 's'} to enter.")
    return shown(request, desk, results=results)


@page("intake/hand.html", parts=("work",), needs=(RECEIVE,))
def by_hand(request: DeskRequest) -> Context:
    today = request.actor.day(request.at)
    return {"desk": INTAKE, "hand": form(request, HandForm, initial={"written_on": today, "origin": "1"})}


@by_hand.act("receive")
def receive(request: DeskRequest) -> Go:
    f = form(request, HandForm).facts()
    order = _order(f)
    picture = f["picture"].read() if f["picture"] else b""
    fill = fills.receive(
        request.actor, order=order, origin=f["origin"], read_back=f["read_back"], picture=picture, at=request.at
    )
    tell(request, f"Received as {fill.prescription.number}. Enter it now.")
    return go("entry:work", fill.code)


def _order(f: dict[str, Any]) -> WrittenOrder:
    """An order from what was typed of it."""
    return WrittenOrder(
        patient=WrittenPatient(last_name=f["last_name"], first_name=f["first_name"], born_on=f["born_on"]),
        prescriber=WrittenPrescriber(
            last_name=f["prescriber_last"], first_name=f["prescriber_first"], npi=f["npi"], dea=f["dea"]
        ),
        drug_text=f["drug_text"],
        quantity=f["quantity"],
        sig_text=f["sig_text"],
        refills=f.get("refills"),
        days_supply=f["days_supply"],
        written_on=f["written_on"],
    )


@page("intake/emergency.html", parts=("work",), needs=(RECEIVE_EMERGENCY,))
def emergency(request: DeskRequest) -> Context:
    today = request.actor.day(request.at)
    points = law.checks(on=today, state=request.actor.state)
    made = form(request, EmergencyForm, initial={"written_on": today}, points=points)
    return {"desk": INTAKE, "hand": made, "due_on": law.due_on(today, state=request.actor.state)}


@emergency.act("receive")
def receive_emergency(request: DeskRequest) -> Go:
    points = law.checks(on=request.actor.day(request.at), state=request.actor.state)
    f = form(request, EmergencyForm, points=points).facts()
    fill = fills.receive_emergency(
        request.actor,
        order=_order(f),
        answered=f["checks"],
        knows_prescriber=f["knows_prescriber"],
        read_back=f["read_back"],
        at=request.at,
    )
    due = fill.prescription.emergency.due_on
    tell(
        request,
        f"Received as {fill.prescription.number}. The signed prescription must come by {due:%b %d, %Y}.",
        "look",
    )
    return go("entry:work", fill.code)


@page("intake/transfer.html", parts=("work",), needs=(TRANSFER,))
def transfer(request: DeskRequest) -> Context:
    return {"desk": INTAKE, "transfer": form(request, TransferForm)}


@transfer.act("take_over")
def take_over(request: DeskRequest) -> Go:
    f = form(request, TransferForm).facts()
    other = transfers.Other(
        pharmacy=f["pharmacy"],
        address=f["address"],
        phone=f["phone"],
        dea=f["pharmacy_dea"],
        pharmacist=f["pharmacist"],
    )
    names = ("rx_number", "refills_ordered", "refills_left", "first_dispensed_on", "last_dispensed_on")
    before = transfers.Before(**{name: f[name] for name in names}, schedule=int(f["schedule"]))
    fill = transfers.transfer_in(request.actor, order=_order(f), other=other, before=before, at=request.at)
    tell(request, f"Taken over as {fill.prescription.number}. Enter it now.")
    return go("entry:work", fill.code)


@page("intake/message.html", parts=("work",), needs=(RECEIVE,))
def message(request: DeskRequest, code: str) -> Context:
    found = queries.message(request.actor, code)
    raw = bytes(found.received.raw)
    orders = list(found.prescriptions.order_by("id"))
    return {
        "desk": INTAKE,
        "message": found,
        "raw": raw.decode("utf-8", "replace")[:SHOWN],
        "is_cut": len(raw) > SHOWN,
        "size": len(raw),
        "orders": [
            {"rx": rx, "lines": _lines(suggestions.written(rx)), "kept": rx.written.get("kept", [])} for rx in orders
        ],
    }


def _lines(order: WrittenOrder) -> list[tuple[str, str, str]]:
    """Every field that was understood, with its value and where it stood."""
    found = []
    for name, where in order.where.items():
        value: Any = order
        for part in name.split("."):
            value = getattr(value, part, "")
        found.append((name.replace("_", " ").replace(".", ", "), str(value), where))
    return found


@message.act("settle")
def settle(request: DeskRequest, code: str) -> Go:
    messages.settle(
        request.actor, message=queries.message(request.actor, code), how=reason(request, "how"), at=request.at
    )
    tell(request, "Settled.")
    return go("intake:desk")


@message.act("read_again")
def read_again(request: DeskRequest, code: str) -> None:
    found = intake.read_again(request.actor, queries.message(request.actor, code), at=request.at)
    if found.status == "duplicate":
        tell(request, "It came before: nothing was entered twice.", "look")
        return
    tell(request, f"Understood now: {', '.join(found.prescriptions)} to enter.")
    tell(request, "The sender was told that it could not be used. Call, so that it is not sent once more.", "look")


@document
def picture(request: DeskRequest, code: str) -> HttpResponse:
    """A picture of paper, by the media type that its bytes told when it was taken in."""
    request.actor.must(SEE, at=request.at)
    found = queries.attachment(request.actor, code)
    answer = HttpResponse(bytes(found.data), content_type=found.media_type)
    answer["Content-Disposition"] = f'inline; filename="{found.code}.{found.media_type.partition("/")[2]}"'
    return answer
