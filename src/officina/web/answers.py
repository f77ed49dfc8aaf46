"""From a view's facts to an answer: pages, acts, and the one place where a refusal becomes a status and a sentence."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from officina.base.access import Act
from officina.kernel.errors import ParseError, Refused
from officina.web import painting, shell
from officina.web.forms import mark_refused
from officina.web.http import DeskRequest, Mark, Said

Context = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Go:
    """Go on at another page."""

    url: str


Answer = Go | HttpResponse | None
"""What an act gives: go elsewhere, an answer of its own making (a picture, a PDF), or None to stay on the page."""


def go(name: str, *args: object) -> Go:
    """Go on at a named page, with its arguments, such as "filling:work" and the code of a fill."""
    return Go(reverse(name, args=args))


def tell(request: DeskRequest, sentence: str, mark: Mark = "done", beside: str = "") -> None:
    """Say how it went, large, with a mark and a sound; it is still said when the act goes on to another page."""
    request.outcome.said.append(Said(mark, sentence, beside=beside))


def stop(request: DeskRequest, sentence: str, *, expected: str, came: str) -> None:
    """A stop: both sides are shown, and nothing is scanned until a person put it aside."""
    request.outcome.said.append(Said("stop", sentence, expected, came))


def show(
    request: DeskRequest, template: str, context: Context, *, status: int = 200, part: str | None = None
) -> HttpResponse:
    """The page, or only one named block of it."""
    said = [*shell.said(request.session), *request.outcome.said]
    html = (
        painting.block(request, template, part, context, said)
        if part
        else painting.page(request, template, context, said)
    )
    return HttpResponse(html, status=status, headers={"Vary": "HX-Request, HX-Target"})


def shown(request: DeskRequest, page: "Page", **found: Any) -> HttpResponse:
    """The page with what an act found and wrote nowhere: a search has no address of its own, and nothing to go on to."""
    arguments = request.resolver_match.kwargs if request.resolver_match else {}
    request.outcome.is_shown = True
    context = {**page.gather(request, **arguments), **found}
    return show(request, page.template, context, part=page.part(request))


class Page:
    """A page of a desk: the function that gathers what it shows, its template, and the acts its buttons send.

    Only the blocks named in `parts` may be asked for alone; a client that chose any block by name could walk round an `if`.
    """

    door = "signed"

    def __init__(
        self, gather: Callable[..., Context], template: str, *, parts: tuple[str, ...], needs: tuple[Act, ...]
    ) -> None:
        self.gather, self.template, self.parts, self.needs = gather, template, parts, needs
        self.acts: dict[str, Callable[..., Answer]] = {}
        self.__name__ = self.__qualname__ = gather.__name__
        self.__module__, self.__doc__ = gather.__module__, gather.__doc__

    def act(self, name: str) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        """Register what a button of the page does: <button name="do" value="take">."""

        def keep(function: Callable[..., Answer]) -> Callable[..., Answer]:
            assert name not in self.acts, name
            self.acts[name] = function
            return function

        return keep

    def __call__(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        desk = cast("DeskRequest", request)
        if request.method == "POST":
            return self._post(desk, kwargs)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD, POST"})
        return self._show(desk, kwargs)

    def _show(self, request: DeskRequest, kwargs: Any, *, status: int = 200) -> HttpResponse:
        try:
            self._ask(request)
            context = self.gather(request, **kwargs)
        except Refused as no:
            return refused_page(request, no)
        except ParseError as problem:
            return refused_page(request, Refused("no_page", str(problem)))
        return show(request, self.template, context, status=status, part=self.part(request))

    def _ask(self, request: DeskRequest) -> None:
        """Any one of the acts in `needs` opens this page, and its buttons; Refused otherwise."""
        if self.needs and not any(request.actor.may(n, at=request.at) for n in self.needs):
            request.actor.must(self.needs[0], at=request.at)

    def part(self, request: DeskRequest) -> str | None:
        """The block that htmx asks for, where this page gives it alone."""
        asked = request.htmx.target if request.htmx and not request.htmx.boosted else None
        return asked if asked in self.parts else None

    def _post(self, request: DeskRequest, kwargs: Any) -> HttpResponse:
        act = self.acts.get(request.POST.get("do", ""))
        if act is None:
            return refused_page(
                request,
                Refused("no_act", "This page does not know that button. Nothing was done; open the page again."),
            )
        try:
            self._ask(request)
        except Refused as no:
            return refused_page(request, no)
        try:
            answer = act(request, **kwargs)
        except Refused as no:
            return self._refused(request, no, kwargs)
        except ParseError as problem:
            beside = str(problem) if problem.plain else ""
            sentence = f"{problem.plain or problem} Nothing was done."
            return self._refused(request, Refused("unreadable", sentence, beside=beside), kwargs)
        request.outcome.forms.clear()
        return self._done(request, answer, kwargs)

    def _done(self, request: DeskRequest, answer: Answer, kwargs: Any) -> HttpResponse:
        if isinstance(answer, HttpResponse):
            return answer
        if answer is None and self.part(request):
            _as_fresh(request)
            return self._show(request, kwargs)
        # Whatever was done is done: a reload of the page that follows must not do it again.
        request.session["said"] = [asdict(s) for s in request.outcome.said]
        url = answer.url if answer else request.get_full_path()
        return (
            HttpResponse(status=204, headers={"HX-Redirect": url})
            if request.htmx
            else HttpResponseRedirect(url, status=303)
        )

    def _refused(self, request: DeskRequest, no: Refused, kwargs: Any) -> HttpResponse:
        """The same page or fragment, with the sentence, what was typed, and status 422; 409 where somebody was faster."""
        request.outcome.refusal = no
        if no.expected or no.came:
            stop(request, no.sentence, expected=no.expected, came=no.came)
        else:
            tell(request, no.sentence, "no", no.beside)
        mark_refused(request)
        return self._show(request, kwargs, status=409 if no.code == "stale" else 422)


def page(
    template: str, *, parts: tuple[str, ...] = (), needs: tuple[Act, ...] = ()
) -> Callable[[Callable[..., Context]], Page]:
    """Make a page of the function that gathers what it shows. Any one of the acts in `needs` opens it."""

    def make(gather: Callable[..., Context]) -> Page:
        return Page(gather, template, parts=parts, needs=needs)

    return make


def document(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A picture, a label or another file at an address of its own: shown, never run, and refused in the words of a page."""

    @functools.wraps(view)
    def give(request: DeskRequest, **kwargs: Any) -> HttpResponse:
        try:
            answer = view(request, **kwargs)
        except Refused as no:
            return refused_page(request, no)
        except ParseError as problem:
            return refused_page(request, Refused("no_page", str(problem)))
        answer.headers["X-Content-Type-Options"] = "nosniff"
        if answer.headers["Content-Type"].startswith("image/"):
            # Whatever its bytes are: a browser that opens it alone runs nothing of it. (Its PDF reader needs the page's policy.)
            answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return answer

    return cast("Callable[..., HttpResponse]", require_GET(give))


def _as_fresh(request: DeskRequest) -> None:
    # The fragment that follows an act shows the page as it is now: its forms start empty, not with what was just done.
    request.method = "GET"


def refused_page(request: DeskRequest, no: Refused) -> HttpResponse:
    """A page that cannot be shown at all: there is no such thing here, or this person may not see it."""
    status = 404 if no.code.startswith("no_") else 409 if no.code == "stale" else 403
    if request.htmx:
        said = [Said("no", no.sentence)]
        return HttpResponse(painting.beside(request, said), status=status, headers={"HX-Reswap": "none"})
    return show(request, "refused.html", {"no": no, "status": status}, status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address that leads nowhere."""
    desk = cast("DeskRequest", request)
    return show(
        desk, "refused.html", {"no": Refused("no_page", "There is no page at this address."), "status": 404}, status=404
    )
