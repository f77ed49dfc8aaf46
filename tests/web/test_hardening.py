"""What an answer carries, what a fault tells, and that tries at once count as many."""

import logging
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import RequestFactory

from cast import AT
from officina.base import secrets, throttle
from officina.base.models import Tries
from officina.kernel.errors import Refused
from officina.project.discretion import Discreet
from officina.web.http import address_of


def test_every_answer_forbids_framing_sniffing_and_what_no_page_needs(client, cast, pages_at):
    answer = client.get("/sign-in")
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]


def test_behind_tls_cookies_are_secure_bound_to_the_host_and_tls_is_insisted_on(tmp_path):
    asked = "from officina.project import settings as s; print(s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.SECURE_HSTS_SECONDS)"
    env = os.environ | {"OFFICINA_HTTPS": "1", "OFFICINA_HOME": str(tmp_path)}
    told = subprocess.run([sys.executable, "-c", asked], env=env, capture_output=True, text=True, check=True).stdout
    assert told.split() == ["__Host-sessionid", "True", "31536000"]
    assert (settings.SESSION_COOKIE_HTTPONLY, settings.SESSION_COOKIE_SAMESITE) == (True, "Strict")


def test_a_fault_tells_neither_page_nor_log_what_it_happened_with(seat, cast, monkeypatch):
    def broken(*_args, **_kwargs):
        raise ValueError("Rosa Flórez, born 1961-03-14")

    client = seat(cast.ada)
    client.raise_request_exception = False
    monkeypatch.setattr("officina.web.painting.page", broken)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "Rosa" not in answer.content.decode()


def test_the_log_keeps_the_place_of_a_fault_and_not_its_words():
    try:
        try:
            raise KeyError("Rosa Flórez")
        except KeyError as inner:
            raise ValueError("born 1961-03-14") from inner
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "Fault", (), sys.exc_info())
    told = Discreet("%(message)s").format(record)
    assert "builtins.ValueError" in told
    assert "builtins.KeyError" in told
    assert "test_hardening.py" in told
    assert "Rosa" not in told
    assert "1961" not in told
    assert settings.LOGGING["formatters"]["plain"]["()"] == "officina.project.discretion.Discreet"


def test_a_proxy_s_word_counts_only_where_the_owner_named_it(settings):
    request = RequestFactory().get("/", headers={"X-Forwarded-For": "6.6.6.6, 10.0.0.9"})
    assert address_of(request) == "127.0.0.1"
    settings.PROXIES = frozenset({"127.0.0.1"})
    assert address_of(request) == "10.0.0.9"


@pytest.mark.parametrize("password", ["short", "password1234", "my name is ada ok", "qwertyuiopasdfghjkl"[:11]])
def test_a_weak_password_is_refused(password):
    with pytest.raises(Refused):
        secrets.must_be_good_password(password, username="ada")


@pytest.mark.parametrize("pin", ["0000", "1234", "98765", "12", "٢٤٦٨", "123456789"])
def test_a_pin_that_everybody_tries_first_is_refused(pin):
    with pytest.raises(Refused):
        secrets.must_be_good_pin(pin)


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_sixteen_tries_at_once_are_no_more_than_five(together):
    def one():
        throttle.begin_password("ada", "10.0.0.1", at=AT)

    refused = [r for r in together(*[one] * 16) if isinstance(r, Refused)]
    assert len(refused) == 11
    assert max(Tries.objects.values_list("failures", flat=True)) == 5


def test_a_wait_doubles_and_ends_by_itself(db):
    waits = [throttle.AT_ONE_ADDRESS.wait(n) for n in range(4, 12)]
    assert waits == [timedelta(seconds=s) for s in (0, 30, 60, 120, 240, 480, 900, 900)]
