"""One's own password and PIN: changed by who knows the present one, and nobody else stays signed in."""

import pytest

from cast import PASSWORD, PIN
from officina.base.models import AuditEntry, User

NEW = "seven quiet grey herons"


def post(client, **changes):
    given = {"password": PASSWORD, "new_password": NEW, "password_again": NEW, "new_pin": "", "pin_again": ""}
    return client.post("/own", {**given, **changes})


def enters(client, password):
    return client.post("/sign-in", {"username": "tess", "password": password}).status_code == 302


def test_a_new_password_opens_and_the_old_one_does_not(cast, seat, client):
    here, elsewhere = seat(cast.tess), seat(cast.tess)
    assert post(here).status_code == 302
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert not enters(client, PASSWORD)
    assert enters(client, NEW)
    told = AuditEntry.objects.filter(verb="user.password_set").latest("id")
    assert (told.name, told.after) == ("Tess Young", {"own": ["password"]})


def test_a_new_pin_opens_the_lock(cast, seat):
    tess = seat(cast.tess)
    assert post(tess, new_password="", password_again="", new_pin="8351", pin_again="8351").status_code == 302
    tess.post("/lock", {"do": "lock"})
    assert tess.post("/lock", {"do": "open", "user": cast.tess.user_id, "pin": PIN}).status_code == 422
    assert tess.post("/lock", {"do": "open", "user": cast.tess.user_id, "pin": "8351"}).status_code == 302


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"password": "not my password"}, "not your present password"),
        ({"password": ""}, "Type your present password"),
        ({"password_again": NEW + "s"}, "Not the same as above"),
        ({"new_password": "short", "password_again": "short"}, "12 characters"),
        (
            {"new_password": "tess tess tess tess", "password_again": "tess tess tess tess"},
            "name that one signs in with",
        ),
        ({"new_password": "", "password_again": ""}, "a new password, a new PIN, or both"),
        ({"new_pin": "1111", "pin_again": "1111"}, "everybody tries first"),
        ({"new_pin": "12", "pin_again": "12"}, "4 to 8 digits"),
    ],
)
def test_what_will_not_do_is_said_and_changes_nothing(cast, seat, changes, said):
    before = User.objects.values_list("password", "pin_hash", "entrance").get(username="tess")
    answer = post(seat(cast.tess), **changes)
    assert answer.status_code == 422
    assert said in " ".join(answer.content.decode().split())
    assert PASSWORD not in answer.content.decode()
    assert NEW not in answer.content.decode()
    assert User.objects.values_list("password", "pin_hash", "entrance").get(username="tess") == before


def test_guessing_at_an_open_station_is_slowed(cast, seat):
    tess = seat(cast.tess)
    answers = [post(tess, password=f"guess number {n}").content.decode() for n in range(12)]
    assert "not your present password" in answers[0].lower()
    assert "not your present password" not in answers[-1].lower()
