"""What the tests of several desks share: the words of an answer, a name that is a script, patients of their own."""

from datetime import date, timedelta

from django.contrib.sessions.backends.db import SessionStore

from officina.dispensing import queries
from officina.patients import services as patients

HTMX = {"HX-Request": "true", "HX-Target": "work"}
NASTY = """<script>alert("x")</script>'"""


def text(answer):
    return " ".join(answer.content.decode().split())


def again(cast, fill):
    return queries.fill(cast.ada, str(fill.code))


def somebody(cast, number=1, **details):
    """A patient of their own: a second order of the same medicine for one patient would be a duplicate."""
    usual = {"last_name": f"Patient{number}", "first_name": "Pat", "born_on": date(1970, 1, 1), "sex": "F"}
    patient = patients.add(cast.tess, details=patients.Details(**{**usual, **details}), at=cast.at())
    patients.no_known_allergies(cast.tess, patient=patient, at=cast.at())
    return patient


def is_escaped(page):
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


class Busy:
    """A person at work: whatever the story did meanwhile, their station was not left so long that it locked."""

    def __init__(self, seat, cast, actor):
        self.client, self.cast = seat(actor), cast

        self.seen = cast.clock

    def wake(self):
        """Touch the station; what was told and not shown yet is kept."""
        session = SessionStore(self.client.cookies["sessionid"].value)
        session["seen"] = self.cast.clock.isoformat()
        session.save()
        self.seen = self.cast.clock

    def _touch(self):
        if self.cast.clock - self.seen > timedelta(minutes=2):
            self.wake()

    def get(self, *args, **kwargs):
        self._touch()
        return self.client.get(*args, **kwargs)

    def post(self, *args, **kwargs):
        self._touch()
        return self.client.post(*args, **kwargs)
