"""Somebody's own password and PIN, changed at the entrance."""

from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from officina.base import entering
from officina.kernel.errors import Refused
from officina.web import shell
from officina.web.answers import show, tell
from officina.web.entrance.again import again
from officina.web.entrance.forms import OwnForm
from officina.web.forms import form
from officina.web.http import DeskRequest, address_of

PAGE = "entrance/own.html"


@sensitive_post_parameters("password", "new_password", "password_again", "new_pin", "pin_again")
@require_http_methods(["GET", "POST"])
def own(request: DeskRequest) -> HttpResponse:
    if request.method != "POST":
        return show(request, PAGE, {"form": form(request, OwnForm)})
    try:
        facts = form(request, OwnForm).facts()
        actor = entering.change_own(request.actor, address=address_of(request), at=request.at, **facts)
    except Refused as no:
        return again(request, PAGE, no, {"form": form(request, OwnForm)})
    shell.stay(request.session, actor)
    rotate_token(request)
    tell(request, "Changed. Wherever else you were signed in, you are not any more.")
    return HttpResponseRedirect("/")
