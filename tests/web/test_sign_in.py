"""In by password, over by PIN, locked by idleness, out; and whoever is switched off is out at once."""

from datetime import timedelta

import pytest
from django.conf import settings

from cast import PASSWORD, PIN
from officina.base.models import AuditEntry, Membership, User


@pytest.fixture
def door(client, cast, pages_at):
    """Somebody who is not signed in, before the sign-in page."""
    return client


def sign_in(client, name="ada", password=PASSWORD, **more):
    return client.post("/sign-in", {"username": name, "password": password, "station": "Counter 1", **more})


def text(answer):
    return " ".join(answer.content.decode().split())


def verbs():
    return list(AuditEntry.objects.order_by("id").values_list("verb", flat=True))


def test_name_and_password_open_the_counter_and_the_station_is_remembered(door):
    answer = sign_in(door)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    page = text(door.get("/"))
    assert "Ada Park" in page
    assert "Counter 1" in page
    assert answer.cookies["station"]["httponly"]
    assert AuditEntry.objects.filter(verb="user.signed_in", name="Ada Park", station="Counter 1").exists()


def test_a_wrong_password_a_wrong_name_and_nobody_at_all_get_one_sentence(door):
    said = [sign_in(door, *who) for who in (("ada", "wrong"), ("nobody", PASSWORD), ("interface-1", "x"))]
    assert {a.status_code for a in said} == {422}
    assert all("The name and password do not fit together." in text(a) for a in said)
    assert PASSWORD not in text(said[1])


def test_guessing_is_shut_out_and_stays_shut_even_for_the_right_password(door):
    for _ in range(8):
        sign_in(door, password="guess")
    assert "Too many wrong tries" in text(sign_in(door))
    assert door.get("/").status_code == 302


def test_signing_in_gives_the_session_a_new_key(door):
    door.get("/sign-in")
    sign_in(door)
    first = door.cookies["sessionid"].value
    door.post("/switch", {"user": User.objects.get(username="tess").pk, "pin": PIN})
    assert door.cookies["sessionid"].value != first


def test_one_goes_on_where_one_was_asked_to_sign_in_but_never_outside(door):
    assert sign_in(door, next="/help/keys")["Location"] == "/help/keys"
    for foreign in (
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/nowhere",
        "/sign-out",
    ):
        assert sign_in(door, next=foreign)["Location"] == "/"


def test_a_colleague_takes_over_by_pin(seat, cast):
    client = seat(cast.ada)
    answer = client.post("/switch", {"user": cast.tess.user_id, "pin": PIN, "next": "/help/keys"})
    assert (answer.status_code, answer["Location"]) == (302, "/help/keys")
    assert "Tess Young" in text(client.get("/"))
    assert "user.switched" in verbs()


def test_a_wrong_pin_leaves_the_station_as_it_was(seat, cast):
    client = seat(cast.ada)
    answer = client.post("/switch", {"user": cast.tess.user_id, "pin": "0000"})
    assert answer.status_code == 422
    assert "This PIN does not fit this person." in text(answer)
    assert "0000" not in text(answer)
    assert "Ada Park" in text(client.get("/"))


def test_somebody_of_another_pharmacy_cannot_take_over(seat, cast):
    assert seat(cast.ada).post("/switch", {"user": cast.max.user_id, "pin": PIN}).status_code == 422


@pytest.mark.parametrize("facts", [{}, {"user": "x", "pin": "1"}, {"user": "1"}, {"user": "9" * 30, "pin": "1"}])
def test_a_switch_without_person_or_pin_is_said_at_the_field(seat, cast, facts):
    assert seat(cast.ada).post("/switch", facts).status_code == 422


def test_a_station_that_nobody_touches_locks_and_a_pin_opens_it_where_it_was(seat, cast):
    client = seat(cast.ada)
    assert client.get("/").status_code == 200
    cast.at(settings.IDLE_LOCK_SECONDS // 60 + 1)
    answer = client.get("/help/keys")
    assert (answer.status_code, answer["Location"]) == (302, "/lock?next=%2Fhelp%2Fkeys")
    assert "Main Street" in text(client.get(answer["Location"]))
    opened = client.post("/lock", {"do": "open", "user": cast.ada.user_id, "pin": PIN, "next": "/help/keys"})
    assert opened["Location"] == "/help/keys"
    assert client.get("/help/keys").status_code == 200


def test_a_post_to_a_locked_station_does_nothing(seat, cast):
    fill = cast.received()
    client = seat(cast.ada)
    cast.at(settings.IDLE_LOCK_SECONDS // 60 + 1)
    answer = client.post("/search", {"q": fill.number})
    assert answer["Location"].startswith("/lock")


def test_a_fragment_of_a_locked_station_covers_its_page(seat, cast):
    client = seat(cast.ada)
    client.post("/lock", {"do": "lock"})
    answer = client.get("/", headers={"HX-Request": "true", "HX-Target": "waiting"})
    assert (answer.status_code, answer["HX-Trigger"], answer.content) == (423, "officina:locked", b"")


def test_a_page_that_refreshes_itself_does_not_keep_the_station_open(seat, cast):
    client = seat(cast.ada)
    for _ in range(settings.IDLE_LOCK_SECONDS // 60 - 1):
        assert client.get("/", headers={"X-Refresh": "1"}).status_code == 200
    cast.at(2)
    assert client.get("/").status_code == 302


def test_typing_for_long_keeps_it_open(seat, cast):
    client = seat(cast.ada)
    for _ in range(settings.IDLE_LOCK_SECONDS // 60 + 5):
        assert client.get("/here").status_code == 204


def test_locking_by_hand_is_recorded_and_shows_nothing_of_the_work(seat, cast):
    cast.received()
    client = seat(cast.ada)
    answer = client.post("/lock", {"do": "lock"})
    assert "Flórez" not in text(answer)
    assert "station.locked" in verbs()
    assert client.get("/").status_code == 302


def test_the_cover_of_a_page_opens_with_the_own_pin_and_says_a_wrong_one_in_a_sentence(seat, cast):
    client = seat(cast.ada)
    client.post("/lock", {"do": "lock"}, headers={"X-Cover": "1"})
    wrong = client.post("/lock", {"do": "open", "user": cast.ada.user_id, "pin": "1"}, headers={"X-Cover": "1"})
    assert (wrong.status_code, wrong.content.decode()) == (422, "This PIN does not fit this person.")
    right = client.post("/lock", {"do": "open", "user": cast.ada.user_id, "pin": PIN}, headers={"X-Cover": "1"})
    assert right.status_code == 204
    assert client.get("/").status_code == 200


def test_whoever_is_switched_off_is_out_with_the_next_click(seat, cast):
    client = seat(cast.tess)
    Membership.objects.filter(user_id=cast.tess.user_id).update(is_active=False)
    assert client.get("/")["Location"].startswith("/sign-in")
    User.objects.filter(pk=cast.ada.user_id).update(is_active=False)
    assert seat(cast.ada).get("/")["Location"].startswith("/sign-in")


def test_signing_out_ends_the_session_and_is_recorded(seat, cast):
    client = seat(cast.ada)
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out")["Location"] == "/sign-in"
    assert client.get("/").status_code == 302
    assert "user.signed_out" in verbs()


def test_a_session_from_nowhere_is_nobody(client, cast):
    client.cookies["sessionid"] = "x" * 32
    assert client.get("/")["Location"].startswith("/sign-in")


def test_the_cast_clock_moves_a_minute_a_request(seat, cast):
    before = cast.clock
    seat(cast.ada).get("/")
    assert cast.clock == before + timedelta(minutes=1)
