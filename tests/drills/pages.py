"""Every address and every form of the house, as somebody sends it who is no browser: what the drills and the long search share."""

import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote_from_bytes

from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import get_resolver
from lxml import html

from cast import PIN, Cast
from drills.mutations import NUMBERS, ODD, SCANS, Hand
from drills.readers import answer_seeds, both_seeds, mutated
from officina.base import queries as people
from officina.base import services as base
from officina.base.access import Actor
from officina.base.services import NewPerson
from officina.dispensing import queries
from officina.dispensing.models import Fill, PickUp
from officina.dispensing.services import deliveries, filling, payments, pickup, review
from officina.exchange import asking, intake
from officina.inventory import services as inventory
from officina.prescriptions.services import orders as prescribing
from officina.web import shell
from web.seen import somebody

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
LIVES_AT = {"street": "4 Elm St", "city": "Madison", "state": "WI", "postal_code": "53703"}


@contextmanager
def undone() -> Iterator[None]:
    """Whatever a case wrote is gone after it, so that each is the same alone."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@dataclass
class Form:
    """A form of a real page: where it is sent, with which fields, by which buttons."""

    url: str
    fields: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    acts: list[str] = field(default_factory=list)


class House:
    """A house with something in every state that a page shows, and seven people who sit in it."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.olga = cast, _owner(cast)
        self.addresses = list(_addresses(get_resolver().url_patterns, _shown(cast)))
        seated = [self.sit(actor) for actor in (cast.ada, cast.ada, cast.tess, cast.carl, cast.max, self.olga)]
        self.clients = [*seated, self.sit(cast.ada, locked=True)]
        self.seats = [client.cookies["sessionid"].value for client in self.clients]

    def sit(self, actor: Actor, *, locked: bool = False) -> Client:
        client = Client(raise_request_exception=False)
        session = SessionStore()
        shell.seat(session, actor, at=self.cast.clock)
        if locked:
            shell.lock(session)
        session.save()
        client.cookies["sessionid"] = str(session.session_key)
        return client

    @cached_property
    def forms(self) -> list[Form]:
        """Every form of every page that Ada, Tess or Olga sees, and those of a locked station."""
        found: dict[Any, Form] = {}
        seen = ((self.cast.ada, False), (self.cast.tess, False), (self.olga, False), (self.cast.ada, True))
        for actor, locked in seen:
            client = self.sit(actor, locked=locked)
            for url in ("/lock", "/switch", "/sign-in") if locked else [a for a in self.addresses if "." not in a]:
                answer = client.get(url)
                assert answer.status_code < 500, (url, answer.status_code)
                if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
                    for form in _forms(answer.content, url):
                        found.setdefault((form.url, *sorted(form.fields), *form.acts), form)
        return list(found.values())

    def sender(self, rng: random.Random, forms: list[Form] | None = None) -> "Sender":
        """What somebody of the seven sends; always as somebody who is seated, whatever the one before did."""
        which = rng.choices(range(len(self.clients)), (8, 4, 8, 1, 1, 2, 1))[0]
        client = self.clients[which]
        client.cookies = SimpleCookie({"sessionid": self.seats[which]})
        return Sender(rng, client, forms or self.forms, self.addresses)


def bears(sent: "Sender") -> int:
    """Send it: an answer that is no fault of the program; gives its status. The fault itself is raised where there is one."""
    with undone():
        answer = sent.send()
        if getattr(answer, "exc_info", None) and answer.status_code >= 500:
            raise answer.exc_info[1]
        assert answer.status_code < 500, answer.status_code
        return int(answer.status_code)


def _owner(cast: Cast) -> Actor:
    """Who sets prices and reads the audit trail."""
    olga = NewPerson(username="olga", name="Olga Owens", initials="OO", role="owner", pin=PIN)
    found = people.actor_for(base.add_person(cast.setup, person=olga, at=cast.at()).pk, cast.setup.site_id)
    assert found is not None
    return found


def _shown(cast: Cast) -> dict[str, list[str]]:
    """Something in every state that a page shows, by what it is."""
    lot = {"lot_number": cast.lot.number, "expires_on": cast.lot.expires_on, "quantity": Decimal(2000)}
    inventory.receive(cast.tess, package=cast.metformin, **lot, at=cast.at())
    nobody_came = cast.bagged(patient=somebody(cast, 20))
    cast.later(14)
    bagged = cast.bagged()
    fills = [cast.received(), cast.entered()]
    fills += [make(patient=somebody(cast, n)) for n, make in enumerate((cast.ready, cast.filled, cast.checked))]
    fills.append(review.hold(cast.ada, fill=cast.entered(patient=cast.omar), why="Call the prescriber", at=cast.at()))
    last = cast.sold(patient=somebody(cast, 15), refills=0)
    fills += [_on_the_bench(cast), cast.sold(patient=somebody(cast, 8)), last, nobody_came]
    bad = intake.receive(cast.wire, b"no message", name="bad", at=cast.at())
    good = intake.receive(cast.wire, both_seeds()[-1], name="good", at=cast.at())
    intake.receive(cast.wire, answer_seeds()[-1], name="taken back", at=cast.at())
    asking.ask_renewal(cast.tess, last.prescription, refills=1, at=cast.at())
    asking.ask_change(cast.ada, bagged.prescription, reason="OS", wanted="Another strength", at=cast.at())
    payments.open_drawer(cast.ada, counted=Decimal(200), at=cast.at())
    payments.open_drawer(replace(cast.tess, station="two"), counted=Decimal(100), at=cast.at())
    picture = prescribing.attach(cast.tess, prescription=bagged.prescription, data=PNG, at=cast.at())
    return {
        "fill": [str(f.code) for f in (*fills, bagged)],
        "prescription": [str(f.prescription.code) for f in (*fills, bagged)],
        "patient": [str(p.code) for p in (cast.rosa, cast.omar, fills[-3].patient)],
        "pickup": [*_at_the_counter(cast), *(str(p.code) for p in PickUp.objects.filter(bags=last.bag))],
        "delivery": _deliveries(cast),
        "lot": [str(cast.lot.code)],
        "message": [bad.code, good.code],
        "picture": [str(picture.code)],
        "package": [cast.metformin.ndc, cast.oxycodone.ndc, "00000-0000-0"],
    }


def _on_the_bench(cast: Cast) -> Fill:
    """A vial half counted."""
    fill = filling.take(cast.tess, fill=cast.ready(patient=somebody(cast, 9)), at=cast.at())
    fill = filling.label_printed(cast.tess, fill=fill, at=cast.at())
    cast.scan(fill, cast.lot, Decimal(30))
    return queries.fill(cast.tess, str(fill.code))


def _at_the_counter(cast: Cast) -> list[str]:
    """People who came: one with nothing in hand, one with a bag, one who was counselled, too."""
    codes = []
    for number, far in ((10, 0), (11, 1), (12, 2)):
        fill = cast.bagged(patient=somebody(cast, number))
        who = fill.patient
        came = pickup.identify(
            cast.tess, last_name=who.last_name, first_name=who.first_name, born_on=who.born_on, at=cast.at()
        )
        if far > 0:
            pickup.scan_bag(cast.tess, pick_up=came, bag_number=fill.bag.number, at=cast.at())
        if far > 1:
            pickup.counsel(cast.tess, pick_up=came, outcome="declined", at=cast.at())
        codes.append(str(came.code))
    return codes


def _deliveries(cast: Cast) -> list[str]:
    """One that is planned, and one that is on its way."""
    planned, sent = (cast.bagged(patient=somebody(cast, number, **LIVES_AT)) for number in (13, 14))
    deliveries.plan(cast.tess, bag=planned.bag, on=cast.ada.day(cast.clock), at=cast.at())
    deliveries.plan(cast.tess, bag=sent.bag, on=cast.ada.day(cast.clock), at=cast.at())
    return [str(deliveries.send(cast.tess, bag=sent.bag, driver="Dan", at=cast.at()).code)]


_SHOWN = {
    "/intake/picture": "picture", "/intake": "message", "/pickup/deliveries": "delivery", "/pickup": "pickup", "/cash": "patient", "/refills": "patient", "/drugs": "package", "/patients": "patient", "/stock": "lot", "/rx/label": "fill",
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
        for code in (*codes[shown], str(uuid.UUID(int=7))) if "<uuid:code>" in route or "<str:ndc>" in route else ("",):
            for kind in kinds:
                yield route.replace("<uuid:code>", code).replace("<str:ndc>", code).replace("<str:kind>", kind)


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
    return quote_from_bytes(value.encode("utf-8", "surrogatepass"))
