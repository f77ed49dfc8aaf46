"""The receipt of a hand-over, as a page to print and as a PDF for a roll."""

from django.http import HttpResponse

from officina.dispensing import queries, takings
from officina.dispensing.acts import HAND_OVER
from officina.kernel.errors import ParseError
from officina.labels import receipt as labels
from officina.labels.receipt import ReceiptFacts
from officina.web.answers import Context, document, page
from officina.web.desks import PICKUP
from officina.web.http import DeskRequest


@page("pickup/receipt.html", parts=("work",), needs=(HAND_OVER,))
def receipt(request: DeskRequest, code: str) -> Context:
    return {"desk": PICKUP, "code": code, "facts": _facts(request, code), "named": _is_named(request)}


def _is_named(request: DeskRequest) -> bool:
    """Whether the patient wants the medicines named."""
    return request.GET.get("named") == "yes"


def _facts(request: DeskRequest, code: str) -> ReceiptFacts:
    came = queries.pick_up(request.actor, code)
    return takings.receipt(request.actor, came, with_medicines=_is_named(request))


@document
def paper(request: DeskRequest, code: str, kind: str) -> HttpResponse:
    """The receipt for the printer."""
    if kind not in labels.FORMS:
        raise ParseError("receipt format", expected=", ".join(labels.FORMS), got=kind)
    request.actor.must(HAND_OVER, at=request.at)
    made = labels.render_pdf(_facts(request, code))
    answer = HttpResponse(made, content_type=labels.MEDIA_TYPES[kind])
    answer["Content-Disposition"] = f'inline; filename="receipt.{kind}"'
    return answer
