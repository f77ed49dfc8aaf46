"""Fifty thousand messages, scans and forms that are wrong: a result or a sentence, never another exception, never a page of status 500.

`OFFICINA_DRILL=long` makes two million of them. A case that failed is run again alone by the line that the failure prints.
"""

import hashlib
import os
import random
import traceback
import uuid
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import get_resolver
from lxml import html

from cast import assemble
from drills.mutations import NUMBERS, ODD, SCANS, TARGETS, Hand, bears, both_seeds, mutated
from officina.base.models import AuditEntry, Outgoing
from officina.dispensing.services import pickup, review
from officina.exchange import intake
from officina.kernel import clock
from officina.prescriptions import queries as prescriptions
from officina.prescriptions.models import Message, Prescription, Received
from officina.prescriptions.services import orders as prescribing
from officina.web import shell
from web.seen import somebody

TIMES = 40 if os.environ.get("OFFICINA_DRILL") == "long" else 1
FIRST = int(os.environ.get("OFFICINA_FIRST_CASE", "0"))
ONE = os.environ.get("OFFICINA_CASE", "")
RECEIVED, POSTED = 800 * TIMES, 1_000 * TIMES
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


def test_the_drill_makes_fifty_thousand_cases():
    assert sum(t.share for t in TARGETS.values()) * TIMES + RECEIVED + POSTED >= 50_000 * TIMES


def cases(name, total):
    """The numbers to try: the first so many, others from `OFFICINA_FIRST_CASE` on, or the one of `OFFICINA_CASE=name:number`."""
    asked, _, number = ONE.partition(":")
    return [int(number)] * (asked == name) if ONE else range(FIRST, FIRST + total)


class Faults:
    """What broke, each with the line that has it again; one cause mostly breaks many cases, so the first of a kind is told."""

    def __init__(self):
        self.told = {}

    @contextmanager
    def of(self, name, number, what):
        try:
            yield
        except Exception as problem:  # noqa: BLE001  whatever it is, it is what is looked for
            shown = repr(what)
            shown = shown if len(shown) < 900 else f"{shown[:600]} … {shown[-200:]}"
            again = f"OFFICINA_CASE={name}:{number} .venv/bin/pytest tests/drills/test_fuzz.py"
            last = traceback.extract_tb(problem.__traceback__)[-1]
            kind = f"{last.filename}:{last.lineno}"
            self.told.setdefault(
                kind, f"case {name}:{number} broke the program: {problem!r}\n{kind}\n{shown}\nAgain: {again}"
            )


@pytest.fixture
def faults():
    """Where broken cases are gathered; the test fails at its end where there was one."""
    found = Faults()
    yield found
    if found.told:
        pytest.fail("\n\n".join(found.told.values()), pytrace=False)


@contextmanager
def undone():
    """Whatever a case wrote is gone after it, so that each is the same alone."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.long
@pytest.mark.parametrize("name", TARGETS)
def test_whatever_is_read_gives_a_result_or_a_parse_error(name, faults):
    target = TARGETS[name]
    for number in cases(name, target.share * TIMES):
        raw = mutated(name, number)
        with faults.of(name, number, raw):
            bears(target, raw)


@pytest.mark.long
class TestTheReceiver:
    """Every message is kept byte for byte, has a row that says what came of it, and leaves nothing half done."""

    @pytest.fixture
    def cast(self, db):
        return assemble()

    @staticmethod
    def assert_nothing_is_lost(cast, raw, receipt):
        message = Message.objects.select_related("received").get(code=receipt.code)
        assert bytes(message.received.raw) == raw
        assert message.received.sha256 == hashlib.sha256(raw).hexdigest()
        assert message.status != Message.Status.KEPT
        for kept in (message, message.received, *Outgoing.objects.filter(about=str(message.code))):
            # SQLite keeps any length, PostgreSQL refuses: neither may be asked for too much.
            for column in kept._meta.concrete_fields:
                value = getattr(kept, column.attname)
                assert not isinstance(value, str) or len(value) <= (column.max_length or 10**9), column.name
        assert len(receipt.prescriptions) == Prescription.objects.filter(message=message).count()
        assert receipt.prescriptions or receipt.reasons
        assert (
            AuditEntry.objects.filter(on_code=str(message.code), verb__in=["message.kept", "message.read"]).count() == 2
        )
        assert prescriptions.unread() == []

    def test_every_message_is_kept_as_it_came_and_answered(self, cast, faults):
        for number in cases("receive", RECEIVED):
            rng = random.Random(f"receive:{number}")
            kind = rng.choice(("script", "fhir", "script", "fhir", "gs1"))
            raw = mutated(kind, rng.randrange(10**9))
            with faults.of("receive", number, raw), undone():
                receipt = intake.receive(cast.wire, raw, name=rng.choice((*ODD, "a.xml")), at=cast.clock)
                self.assert_nothing_is_lost(cast, raw, receipt)
                if number % 10 == 0:
                    again = intake.receive(cast.wire, raw, name="again", at=cast.clock)
                    assert again.prescriptions == () or not Message.objects.get(code=receipt.code).message_id
                    assert Received.objects.count() == 2


@dataclass
class Form:
    """A form of a real page: where it is sent, with which fields, by which buttons."""

    url: str
    fields: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    acts: list[str] = field(default_factory=list)


@pytest.mark.long
class TestThePages:
    """Every address, every form of every page, as somebody sends it who is no browser."""

    @pytest.fixture
    def cast(self, db, monkeypatch, caplog):
        caplog.set_level("CRITICAL")  # thousands of refusals would hide what broke
        cast = assemble()
        monkeypatch.setattr(clock, "now", lambda: cast.clock)
        return cast

    @pytest.fixture
    def codes(self, cast):
        """Something in every state that a page shows."""
        bagged = cast.bagged()
        fills = [cast.received(), cast.entered()]
        fills += [make(patient=somebody(cast, n)) for n, make in enumerate((cast.ready, cast.filled, cast.checked))]
        fills.append(
            review.hold(cast.ada, fill=cast.entered(patient=cast.omar), why="Call the prescriber", at=cast.at())
        )
        came = pickup.identify(
            cast.tess, last_name="Florez", first_name="Rosa", born_on=cast.rosa.born_on, at=cast.at()
        )
        bad = intake.receive(cast.wire, b"no message", name="bad", at=cast.at())
        good = intake.receive(cast.wire, both_seeds()[-1], name="good", at=cast.at())
        picture = prescribing.attach(cast.tess, prescription=bagged.prescription, data=PNG, at=cast.at())
        return {
            "fill": [str(f.code) for f in (*fills, bagged)],
            "prescription": [str(f.prescription.code) for f in (*fills, bagged)],
            "patient": [str(cast.rosa.code), str(cast.omar.code)],
            "pickup": [str(came.code)],
            "lot": [str(cast.lot.code)],
            "message": [bad.code, good.code],
            "picture": [str(picture.code)],
        }

    @pytest.fixture
    def sit(self, cast):
        def sit(actor, *, locked=False):
            client = Client(raise_request_exception=False)
            session = SessionStore()
            shell.seat(session, actor, at=cast.clock)
            if locked:
                shell.lock(session)
            session.save()
            client.cookies["sessionid"] = str(session.session_key)
            return client

        return sit

    @pytest.fixture
    def addresses(self, codes):
        """Every address of the house with something that is there."""
        return list(_addresses(get_resolver().url_patterns, codes))

    @pytest.fixture
    def forms(self, cast, sit, addresses):
        """Every form of every page that Ada or Tess sees, and those of a locked station."""
        found = {}
        for actor, locked in ((cast.ada, False), (cast.tess, False), (cast.ada, True)):
            client = sit(actor, locked=locked)
            for url in [a for a in addresses if "." not in a] if not locked else ("/lock", "/switch", "/sign-in"):
                answer = client.get(url)
                assert answer.status_code < 500, (url, answer.status_code)
                if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
                    for form in _forms(answer.content, url):
                        found.setdefault((form.url, *sorted(form.fields), *form.acts), form)
        return list(found.values())

    def test_no_form_and_no_upload_breaks_a_page(self, cast, sit, addresses, forms, faults):
        assert {f.url.split("/")[1] for f in forms} >= {
            "intake", "entry", "review", "filling", "checking", "pickup", "patients", "stock", "audit", "search", "lock", "sign-in",
        }  # fmt: skip
        clients = [sit(actor) for actor in (cast.ada, cast.ada, cast.tess, cast.carl, cast.max)] + [
            sit(cast.ada, locked=True)
        ]
        answers = Counter()
        seats = [client.cookies["sessionid"].value for client in clients]
        for number in cases("post", POSTED):
            rng = random.Random(f"post:{number}")
            which = rng.choices(range(len(clients)), (8, 4, 8, 1, 1, 1))[0]
            client = clients[which]
            client.cookies = SimpleCookie({"sessionid": seats[which]})
            sent = Sender(rng, client, forms, addresses)
            with faults.of("post", number, sent), undone():
                answer = sent.send()
                if getattr(answer, "exc_info", None) and answer.status_code >= 500:
                    raise answer.exc_info[1]
                assert answer.status_code < 500
                answers[answer.status_code] += 1
        # A drill in which nothing is ever done, or nothing is ever refused, would find nothing.
        assert (
            ONE
            or min(answers[200], answers[204] + answers[302] + answers[303], answers[404], answers[422]) > POSTED / 50
        ), answers


_SHOWN = {
    "/intake/picture": "picture", "/intake": "message", "/pickup": "pickup", "/cash": "patient", "/patients": "patient", "/stock": "lot", "/rx/label": "fill",
    "/rx": "prescription",
}  # fmt: skip
"""What the code in an address is of; a fill where it stands not here."""


def _addresses(patterns, codes, before="/"):
    for pattern in patterns:
        route = f"{before}{pattern.pattern}"
        if hasattr(pattern, "url_patterns"):
            yield from _addresses(pattern.url_patterns, codes, route)
            continue
        kinds = ("png", "pdf", "zpl", "exe") if "<str:kind>" in route else ("",)
        shown = next((kind for start, kind in _SHOWN.items() if route.startswith(start)), "fill")
        for code in (*codes[shown], str(uuid.UUID(int=7))) if "<uuid:code>" in route else ("",):
            for kind in kinds:
                yield route.replace("<uuid:code>", code).replace("<str:kind>", kind)


def _forms(page, url):
    for element in html.fromstring(page).iter("form"):
        form = Form(element.get("action") or url)
        for one in element.iter("input", "select", "textarea", "button"):
            name = one.get("name")
            if name == "do" and one.get("value"):
                form.acts.append(one.get("value"))
            elif one.get("type") == "file":
                form.files.add(name)
            elif name and name != "csrfmiddlewaretoken" and one.tag != "button":
                form.fields[name] = _value(one)
        if (element.get("method") or "").lower() == "post":
            yield form


def _value(element):
    if element.tag == "select":
        return next((o.get("value") or "" for o in element.iter("option")), "")
    return (element.text if element.tag == "textarea" else element.get("value")) or ""


class Sender:
    """One request that no page of ours makes."""

    def __init__(self, rng, client, forms, addresses):
        self.rng, self.client, self.hand = rng, client, Hand(rng)
        form = rng.choice(forms)
        self.url = form.url if rng.random() < 0.9 else rng.choice(addresses)
        self.fields = {**self._filled(form)}
        if form.acts and rng.random() < 0.97:
            self.fields["do"] = rng.choice(form.acts)
        self.files = {name: self._files() for name in sorted(form.files)}
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            self._change()
        self.more = rng.choice(
            ({}, {}, {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": rng.choice(("work", "rows", "desk", "found", "é"))})
        )
        self.how = rng.choices(("form", "multipart", "broken", "get", "raw"), (40, 30 if self.files else 10, 8, 8, 4))[
            0
        ]

    def __repr__(self):
        return f"{self.how} {self.url} {self.fields!r} files={self.files!r} {self.more}"

    def _filled(self, form):
        """As a person fills it in, mostly: what stands in it already, and something where nothing stands."""
        return {
            name: value or self.rng.choice(_TYPED.get(name.split("-")[-1], ("", "", "1", "x")))
            for name, value in form.fields.items()
        }

    def _files(self):
        rng = self.rng
        made = (
            lambda: mutated("script", rng.randrange(10**9)),
            lambda: mutated("fhir", rng.randrange(10**9)),
            lambda: PNG,
            lambda: b"",
        )
        names = ("a.xml", "a.json", "", "../../x", "a\x00b", "é" * 300, "\ud800", 'a"; filename="b', "a\r\nX: y")
        return [(rng.choice(names), rng.choice(made)()) for _ in range(rng.choice((1, 1, 1, 3)))]

    def _change(self):
        rng = self.rng
        name = rng.choice([*self.fields, "do", "version", "key", "next", "why", "drug"])
        match rng.randrange(6):
            case 0:
                self.fields.pop(name, None)
            case 1:
                self.fields[name] = [str(self.fields.get(name, ""))] * 3
            case 2:
                self.fields[rng.choice(ODD)] = rng.choice(ODD)
            case 3:
                self.fields[name] = rng.choice(NUMBERS + SCANS)
            case 4:
                now = self.fields.get(name, "")
                self.fields[name] = self.hand.text(now if isinstance(now, str) else "x")
            case _:
                self.fields[name] = rng.choice(ODD)

    def send(self):
        data = {
            _sent(k): [_sent(v) for v in vs] if isinstance(vs, list) else _sent(vs) for k, vs in self.fields.items()
        }
        match self.how:
            case "get":
                return self.client.get(self.url, data, **self.more)
            case "form":
                body = "&".join(
                    f"{_quoted(k)}={_quoted(v)}"
                    for k, vs in self.fields.items()
                    for v in (vs if isinstance(vs, list) else [vs])
                )
                return self._post(body.encode(), "application/x-www-form-urlencoded")
            case "raw":
                return self._post(
                    self.rng.choice((b"", b"\x00", b"{}", b"%", b"a=%ff%fe&&==", b"\xff" * 99)),
                    self.rng.choice(_CONTENT),
                )
        files = {
            n: [SimpleUploadedFile(_sent(name) or "x", raw) for name, raw in some] for n, some in self.files.items()
        }
        body = encode_multipart(BOUNDARY, {**data, **files})
        if self.how == "broken":
            return self._post(self.hand._bytes(body, "text", (body,)), self.rng.choice(_CONTENT))
        return self._post(body, MULTIPART_CONTENT)

    def _post(self, body, content_type):
        extra = dict(self.more)
        if self.rng.random() < 0.02:
            # Less than was sent; one that is more, or no number, never comes so far: the server refuses it.
            extra["CONTENT_LENGTH"] = self.rng.choice(("", "0", str(len(body) // 2)))
        return self.client.generic("POST", self.url, body, content_type=content_type, **extra)


_TYPED = {
    "born_on": ("03/14/1961", "12/31/9999", "01/01/0001"),
    "written_on": ("11/20/2026", "12/31/9999", "01/01/0001"),
    "quantity": ("30", "60", "0.5", "999999999"),
    "days_supply": ("30", "366", ""),
    "last_name": ("Florez", "Haddad"),
    "first_name": ("Rosa", "Omar"),
    "drug_text": ("metformin 500 mg",),
    "sig_text": ("Take 1 tablet daily",),
    "scan": ("(01)00311111111115(17)271130(10)GOOD1", "11111-1111-1", *SCANS),
    "text": ("metformin", "florez"),
    "pin": ("2468", "1"),
    "username": ("ada",),
    "password": ("correct horse battery", "x"),
    "why": ("Because", "x" * 500),
    "expires_on": ("11/30/2027", "12/31/9999", "01/01/0001"),
}
_CONTENT = (
    MULTIPART_CONTENT, "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=é", "multipart/form-data; boundary=" + "x" * 300,
    "application/x-www-form-urlencoded; charset=x-none", "application/x-www-form-urlencoded; charset=utf-16", "application/json", "text/plain",
    "", "x", "multipart/mixed; boundary=" + BOUNDARY,
)  # fmt: skip


def _sent(value):
    return value.encode("utf-8", "replace").decode()


def _quoted(value):
    from urllib.parse import quote_from_bytes

    return quote_from_bytes(value.encode("utf-8", "surrogatepass"))
