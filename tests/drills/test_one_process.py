"""Four threads of one process of the server draw every page at the same moment: each shows what it would show alone.

What two threads share by mistake (a drawing library, a cache, a connection) shows one person what another asked for, or ends the process.
`OFFICINA_DRILL=long` goes round forty times.
"""

import os
import re
import sys

import pytest

from cast import assemble
from drills.pages import House
from officina.kernel import clock

ROUNDS = 40 if os.environ.get("OFFICINA_DRILL") == "long" else 1
THREADS = 4
"""As many as `officina serve` has."""
_ANEW_EACH_TIME = re.compile(
    rb'(name="(?:csrfmiddlewaretoken|key)" value=")[^"]*|(&quot;X-CSRFToken&quot;: &quot;)[^&]*'
)
"""Each page has a token and keys of its own."""

pytestmark = [pytest.mark.threads, pytest.mark.django_db(transaction=True), pytest.mark.long]


@pytest.fixture
def house(monkeypatch, caplog):
    caplog.set_level("CRITICAL")  # hundreds of pages that are not there would hide what broke
    usual = sys.getswitchinterval()
    sys.setswitchinterval(0.0001)  # the threads change places often
    cast = assemble()
    monkeypatch.setattr(clock, "now", lambda: cast.clock)
    yield House(cast)
    sys.setswitchinterval(usual)


def seen(client, address):
    answer = client.get(address)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, answer.headers["Content-Type"], _ANEW_EACH_TIME.sub(rb"\1\2", body)


def _from(first, addresses):
    return addresses[first:] + addresses[:first]


def test_each_thread_shows_what_it_would_show_alone(house, together):
    # What is looked at is written down, and the audit trail shows it.
    addresses = [address for address in house.addresses if address != "/audit/"]
    client = house.sit(house.cast.ada)
    alone = {address: answer for address in addresses if (answer := seen(client, address))[0] == 200}
    kinds = {address: kind for address, (_, kind, _) in alone.items()}
    assert set(kinds.values()) >= {
        "text/html; charset=utf-8",
        "application/pdf",
        "image/png",
        "text/plain; charset=utf-8",
    }
    # Pictures beside pictures, and each thread is one ahead of the other: all draw at once, and no two the same.
    pages = [address for address in alone if kinds[address].startswith("text/")]
    drawn = [address for address in alone if address not in pages]

    def thread(number):
        client = house.sit(house.cast.ada)
        mine = [*_from(number, drawn * 4), *_from(number, pages)] * ROUNDS
        return [address for address in mine if seen(client, address) != alone[address]]

    assert together(*[lambda n=n: thread(n) for n in range(THREADS)], seconds=3600) == [[]] * THREADS
