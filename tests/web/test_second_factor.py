"""The second factor: set up, asked for, used once, lost, reset; and no way round it."""

import re

import pytest

from cast import PASSWORD, PIN
from officina.base import second_factor, services, totp
from officina.base.models import AuditEntry, RecoveryCode, SecondFactor
from officina.kernel.errors import Refused


def text(answer):
    return " ".join(answer.content.decode().split())


def sign_in(client, name="ada", password=PASSWORD):
    return client.post("/sign-in", {"username": name, "password": password, "station": "Counter 1"})


def code_at(cast, actor, *, minutes=1):
    """What the device shows at the instant of the next request."""
    secret = bytes(SecondFactor.objects.get(user_id=actor.user_id).secret)
    from datetime import timedelta

    return totp.code(secret, totp.step_of(cast.clock + timedelta(minutes=minutes)))


@pytest.fixture
def recovery(cast):
    """Ada has a device; gives her recovery codes."""
    secret = second_factor.begin(cast.ada, at=cast.clock)
    return second_factor.confirm(cast.ada, code=totp.code(secret, totp.step_of(cast.clock)), at=cast.clock)


def test_a_device_is_set_up_by_a_square_drawn_here_and_its_first_code(seat, cast):
    client = seat(cast.ada)
    page = client.get("/second-factor").content.decode()
    assert re.search(r"<svg [^>]*>.*<path", page, re.DOTALL)
    assert "style=" not in page
    answer = client.post("/second-factor", {"code": code_at(cast, cast.ada)})
    shown = re.findall(r"<code>([A-Z2-7-]{19})</code>", answer.content.decode())
    assert len(set(shown)) == 8
    kept = list(RecoveryCode.objects.values_list("hashed", flat=True))
    assert all(h.startswith("argon2") for h in kept)
    assert not any(shown[0].replace("-", "") in h for h in kept)
    assert "8 recovery codes left" in text(client.get("/second-factor"))


def test_a_wrong_first_code_sets_nothing_up(seat, cast):
    client = seat(cast.ada)
    client.get("/second-factor")
    assert client.post("/second-factor", {"code": "000000"}).status_code == 422
    assert not second_factor.is_set_up(cast.ada.user_id)


def test_the_password_alone_opens_nothing_where_a_device_is_set_up(client, cast, pages_at, recovery):
    assert sign_in(client)["Location"] == "/sign-in/code"
    for path in ("/", "/second-factor", "/switch", "/patients/"):
        assert client.get(path)["Location"].startswith("/sign-in")
    sign_in(client)
    assert client.post("/sign-in/code", {"code": "000000"}).status_code == 422
    assert client.post("/sign-in/code", {"code": code_at(cast, cast.ada)})["Location"] == "/"
    assert "Ada Park" in text(client.get("/"))


def test_a_code_opens_once(client, cast, pages_at, recovery, monkeypatch):
    sign_in(client)
    given = code_at(cast, cast.ada)
    assert client.post("/sign-in/code", {"code": given}).status_code == 302
    monkeypatch.setattr("officina.kernel.clock.now", lambda: cast.clock)
    sign_in(client)
    assert client.post("/sign-in/code", {"code": given}).status_code == 422


def test_a_recovery_code_stands_in_once_and_is_recorded(client, cast, pages_at, recovery):
    sign_in(client)
    assert client.post("/sign-in/code", {"code": recovery[0].lower()}).status_code == 302
    assert AuditEntry.objects.filter(verb="user.recovery_code_used", name="Ada Park").exists()
    client.post("/sign-out")
    sign_in(client)
    assert client.post("/sign-in/code", {"code": recovery[0]}).status_code == 422


def test_codes_are_not_guessed_at(client, cast, recovery, monkeypatch):
    monkeypatch.setattr("officina.kernel.clock.now", lambda: cast.clock)
    sign_in(client)
    for n in range(8):
        client.post("/sign-in/code", {"code": f"00000{n}"})
    assert "Too many wrong tries" in text(client.post("/sign-in/code", {"code": "000009"}))


def test_the_code_is_waited_for_five_minutes(client, cast, pages_at, recovery):
    sign_in(client)
    cast.at(6)
    assert client.get("/sign-in/code")["Location"] == "/sign-in"


def test_whoever_waits_for_a_code_does_not_unseat_who_sits_there(seat, cast, recovery):
    client = seat(cast.tess)
    sign_in(client)
    assert "Tess Young" in text(client.get("/"))


def test_a_pin_does_not_stand_in_for_a_device(seat, cast, recovery):
    client = seat(cast.tess)
    answer = client.post("/switch", {"user": cast.ada.user_id, "pin": PIN})
    assert "signs in once with password and code here" in text(answer)
    sign_in(client)
    client.post("/sign-in/code", {"code": code_at(cast, cast.ada)})
    client.post("/switch", {"user": cast.tess.user_id, "pin": PIN})
    assert client.post("/switch", {"user": cast.ada.user_id, "pin": PIN}).status_code == 302


def test_a_role_that_asks_for_a_device_opens_nothing_before_it_is_set_up(client, cast, pages_at):
    services.ask_second_factor(cast.setup, role="pharmacist", asked=True, at=cast.at())
    assert sign_in(client)["Location"] == "/second-factor"
    assert client.get("/")["Location"].startswith("/second-factor")
    around = client.post("/switch", {"user": cast.ada.user_id, "pin": PIN})
    assert around.status_code == 422
    assert client.post("/switch", {"user": cast.tess.user_id, "pin": PIN}).status_code == 422
    client.get("/second-factor")
    assert client.post("/second-factor", {"code": code_at(cast, cast.ada)}).status_code == 200
    assert client.get("/").status_code == 200


def test_who_came_by_pin_cannot_bind_a_device_to_that_name(seat, cast):
    client = seat(cast.ada)
    client.post("/switch", {"user": cast.tess.user_id, "pin": PIN})
    assert "A PIN is not enough" in text(client.get("/second-factor"))
    client.post("/second-factor", {"code": "000000"})
    assert not SecondFactor.objects.filter(user_id=cast.tess.user_id).exists()


def test_the_owner_takes_a_lost_device_away_and_what_was_open_is_closed(seat, cast, recovery):
    client = seat(cast.ada)
    second_factor.reset(cast.setup, username="ada", at=cast.at())
    assert client.get("/")["Location"].startswith("/sign-in")
    assert sign_in(client)["Location"] == "/"
    assert not RecoveryCode.objects.filter(user_id=cast.ada.user_id).exists()


@pytest.mark.parametrize("who", ["ada", "tess"])
def test_nobody_but_the_owner_resets_or_asks(cast, who):
    actor = getattr(cast, who)
    with pytest.raises(Refused):
        second_factor.reset(actor, username="ada", at=cast.at())
    with pytest.raises(Refused):
        services.ask_second_factor(actor, role="clerk", asked=True, at=cast.at())
    with pytest.raises(Refused):
        services.switch_off(actor, username="theo", at=cast.at())


def test_the_owner_of_another_pharmacy_reaches_nobody_here(cast):
    with pytest.raises(Refused, match="Nobody called 'max' works here"):
        second_factor.reset(cast.setup, username="max", at=cast.at())
