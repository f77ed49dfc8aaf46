"""In by password, over by PIN, locked by idleness, out; and whoever is switched off is out at once."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client

from cast import PASSWORD, PIN
from officina.base import services
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


def test_guessing_is_slowed_down_even_for_the_right_password_and_the_wait_is_said(door, cast, monkeypatch):
    monkeypatch.setattr("officina.kernel.clock.now", lambda: cast.clock)
    for _ in range(8):
        sign_in(door, password="guess")
    answer = sign_in(door)
    assert answer.status_code == 422
    assert re.search(r"Too many wrong tries. Wait (\d+ seconds?|\d+ minutes), then try again.", text(answer))
    assert door.get("/").status_code == 302
    cast.at(16)
    assert sign_in(door).status_code == 302


def test_guessing_at_one_account_shuts_out_nobody_else_and_not_its_owner_elsewhere(door, cast):
    for _ in range(20):
        sign_in(door, password="guess")
    assert sign_in(door, "tess").status_code == 302
    elsewhere = Client(REMOTE_ADDR="10.0.0.7")
    assert sign_in(elsewhere).status_code == 302


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
    answer = client.post("/switch", {"user": cast.tess.user_id, "pin": "0097531"})
    assert answer.status_code == 422
    assert "This PIN does not fit this person." in text(answer)
    assert "0097531" not in text(answer)
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
    answer = client.get(client.post("/lock", {"do": "lock", "next": "/entry/"})["Location"])
    assert "Flórez" not in text(answer)
    assert "Type your PIN." not in text(answer)
    assert 'name="next" value="/entry/"' in text(answer)
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


def test_a_pin_that_was_guessed_at_is_off_at_this_station_until_its_owner_gives_a_password(seat, cast):
    client = seat(cast.ada)
    for guess in ("1111", "2222", "3333", "4444", "5555"):
        assert "does not fit" in text(client.post("/switch", {"user": cast.tess.user_id, "pin": guess}))
    cast.at(120)
    answer = client.post("/switch", {"user": cast.tess.user_id, "pin": PIN})
    assert client.get("/switch").status_code in {200, 302}
    assert "The PIN of Tess Young is off here" in text(answer)
    assert client.post("/switch", {"user": cast.ada.user_id, "pin": PIN}).status_code == 302
    sign_in(client, "tess", station="test")
    sign_in(client, "ada", station="test")
    assert client.post("/switch", {"user": cast.tess.user_id, "pin": PIN}).status_code == 302


def test_a_pin_is_not_guessed_at_by_going_from_station_to_station(seat, cast):
    tries = 0
    for n in range(4):
        client = seat(replace(cast.ada, station=f"S{n}"))
        for guess in range(5):
            said = text(client.post("/switch", {"user": cast.tess.user_id, "pin": f"900{guess}"}))
            tries += "does not fit" in said
    assert tries == 15


def test_a_pin_opens_no_station_whose_opener_was_switched_off(seat, cast):
    client = seat(cast.ada)
    client.post("/switch", {"user": cast.tess.user_id, "pin": PIN})
    services.switch_off(cast.setup, username="ada", at=cast.at())
    assert "Tess Young" in text(client.get("/"))
    answer = client.post("/switch", {"user": cast.theo.user_id, "pin": PIN})
    assert "sign in with your password" in text(answer)


def test_switching_somebody_off_or_a_new_password_ends_what_they_have_open(seat, cast):
    tess, ada = seat(cast.tess), seat(cast.ada)
    services.switch_off(cast.setup, username="tess", at=cast.at())
    services.set_password(cast.setup, username="ada", password="a wholly new phrase", at=cast.at())
    for client in (tess, ada):
        assert client.get("/")["Location"].startswith("/sign-in")
    services.switch_on(cast.setup, username="tess", at=cast.at())
    assert sign_in(tess, "tess").status_code == 302


def test_a_station_asks_for_a_password_again_after_twelve_hours_however_busy(seat, cast):
    client = seat(cast.ada)
    for _ in range(12 * 60 // 5 - 1):
        cast.at(4)
        assert client.get("/here").status_code == 204
    cast.at(9)
    assert client.get("/here")["Location"].startswith("/sign-in")


def test_a_failed_sign_in_is_recorded_with_its_address_and_without_what_was_typed(door):
    sign_in(door, "my-secret-in-the-wrong-field")
    sign_in(door, "ada", "wrong secret")
    unknown, known = AuditEntry.objects.filter(verb="user.sign_in_failed").order_by("id")
    assert (unknown.name, known.name) == ("Nobody known", "Ada Park")
    assert known.after["address"] == "127.0.0.1"
    assert not any("secret" in str(row) for row in AuditEntry.objects.values())


def test_after_a_wrong_password_the_cursor_stands_in_the_password(door):
    page = text(sign_in(door, password="wrong"))
    (name,) = re.findall(r'<input[^>]*name="username"[^>]*>', page)
    (password,) = re.findall(r'<input[^>]*name="password"[^>]*>', page)
    assert ('value="ada"' in name, "autofocus" in name, "autofocus" in password) == (True, False, True)
