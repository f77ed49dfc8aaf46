"""The command: done once under its key, retried when the database asks, and a refusal leaves its trace."""

import threading
import time
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import OperationalError, connection

import cast as standing
from officina.base import command as commands
from officina.base import second_factor, totp
from officina.base.command import command
from officina.base.content import content, unkept
from officina.base.models import AuditEntry, Counter, DoneCommand
from officina.inventory import services as inventory
from officina.inventory.models import Lot, Move
from officina.kernel.errors import Refused


@pytest.fixture
def cast(db):
    return standing.assemble()


def receive(actor, cast, number="K1"):
    return inventory.receive(
        actor,
        package=cast.lisinopril,
        lot_number=number,
        expires_on=date(2027, 5, 31),
        quantity=Decimal(10),
        at=cast.at(),
    )


def test_the_same_key_does_the_same_thing_once(cast):
    keyed = replace(cast.tess, key="form-1")
    first, second = receive(keyed, cast), receive(keyed, cast)
    assert first == second
    assert Move.objects.filter(lot=first).count() == 1
    assert DoneCommand.objects.count() == 1


def test_another_key_does_it_again(cast):
    receive(replace(cast.tess, key="form-1"), cast)
    lot = receive(replace(cast.tess, key="form-2"), cast)
    assert Move.objects.filter(lot=lot).count() == 2


def test_a_repeated_answer_that_is_no_row_comes_back_whole(cast):
    fill = cast.ready()
    from officina.dispensing.services import filling

    fill = filling.take(cast.tess, fill=fill, at=cast.at())
    keyed = replace(cast.tess, key="scan-1")
    first = cast.scan(fill, cast.lot, Decimal(20), by=keyed)
    again = cast.scan(fill, cast.lot, Decimal(20), by=keyed)
    assert first == again
    assert first.remaining == 40


def test_the_same_key_with_something_else_on_it_is_refused_and_does_nothing(cast):
    keyed = replace(cast.tess, key="form-1")
    receive(keyed, cast, "K1")
    with pytest.raises(Refused, match="sent before with something else on it") as no:
        receive(keyed, cast, "K2")
    assert no.value.code == "sent_before"
    assert not Lot.objects.filter(number="K2").exists()
    assert AuditEntry.objects.latest("id").after == {"code": "sent_before"}


def test_somebody_else_does_not_get_the_answer_under_a_key(cast):
    receive(replace(cast.tess, key="form-1"), cast)
    with pytest.raises(Refused, match="or by somebody else"):
        receive(replace(cast.theo, key="form-1"), cast)


def test_a_later_moment_another_request_and_another_station_are_the_same_content(cast):
    keyed = replace(cast.tess, key="form-1")
    first = receive(keyed, cast)
    assert receive(replace(keyed, request_id="another", station="bench 9"), cast) == first


def test_after_a_refusal_the_same_key_may_send_something_better(cast):
    keyed = replace(cast.tess, key="form-1")
    with pytest.raises(Refused):
        receive(keyed, cast, "")
    assert receive(keyed, cast, "K1").number == "K1"


def test_recovery_codes_are_kept_nowhere_under_a_key(cast, monkeypatch):
    second_factor.begin(cast.ada, at=cast.at())
    monkeypatch.setattr(totp, "step_that_fits", lambda *_, **__: 1)
    codes = second_factor.confirm(replace(cast.ada, key="form-1"), code="123456", at=cast.at())
    assert len(codes) == second_factor.RECOVERY_CODES
    assert not DoneCommand.objects.exists()


def test_what_is_unkept_is_done_each_time(cast):
    tries = []

    @command
    @unkept
    def whisper(actor, *, secret, at):
        tries.append(secret)

    for secret in ("one", "two"):
        whisper(replace(cast.tess, key="form-1"), secret=secret, at=cast.at())
    assert tries == ["one", "two"]


def test_what_cannot_be_compared_is_no_content():
    def tell(actor, *, what, at):
        """Given something that says nothing."""

    with pytest.raises(NotImplementedError, match="set it aside"):
        content(tell, (None,), {"what": print, "at": None})
    with pytest.raises(NotImplementedError, match="set it aside"):
        content(tell, (None,), {"what": Lot(number="not written yet"), "at": None})


def test_a_refusal_undoes_the_work_and_is_recorded(cast):
    with pytest.raises(Refused):
        inventory.receive(
            cast.tess,
            package=cast.lisinopril,
            lot_number="OLD",
            expires_on=date(2026, 1, 1),
            quantity=Decimal(1),
            at=cast.at(),
        )
    assert not Lot.objects.filter(number="OLD").exists()
    entry = AuditEntry.objects.latest("id")
    assert (entry.verb, entry.name, entry.after) == ("act.refused", "Tess Young", {"code": "expired"})


def test_a_number_taken_in_a_rolled_back_command_is_given_out_again(cast):
    before = (
        Counter.objects.get(series="rx", site_id=cast.tess.site_id).value
        if Counter.objects.filter(series="rx").exists()
        else None
    )

    @command
    def broken(actor, *, at):
        from officina.base import numbering

        numbering.take(actor.site_id, "rx")
        raise Refused("no", "No.")

    with pytest.raises(Refused):
        broken(cast.tess, at=cast.at())
    after = Counter.objects.filter(series="rx", site_id=cast.tess.site_id).values_list("value", flat=True).first()
    assert after == before


@pytest.mark.django_db(transaction=True)
def test_a_locked_database_is_tried_again_as_a_whole():
    cast = standing.assemble()
    tries = []

    @command
    def shaky(actor, *, at):
        tries.append(receive(actor, cast, "R1").pk)
        if len(tries) < 3:
            raise OperationalError("database is locked")

    shaky(cast.tess, at=cast.at())
    assert len(tries) == 3
    assert Move.objects.filter(lot__number="R1").count() == 1


@pytest.mark.django_db(transaction=True)
def test_another_failure_is_not_tried_again():
    cast = standing.assemble()
    tries = []

    @command
    def broken(actor, *, at):
        tries.append(1)
        raise OperationalError("disk is full")

    with pytest.raises(OperationalError):
        broken(cast.tess, at=cast.at())
    assert len(tries) == 1


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_sixteen_at_once_with_one_key_do_it_once(together):
    cast = standing.assemble()
    keyed = replace(cast.tess, key="one-form")
    at = cast.at()
    call = lambda: inventory.receive(  # noqa: E731
        keyed, package=cast.lisinopril, lot_number="RACE", expires_on=date(2027, 5, 31), quantity=Decimal(10), at=at
    )
    answers = together(*[call] * 16)
    assert {getattr(a, "pk", a) for a in answers} == {Lot.objects.get(number="RACE").pk}
    assert Move.objects.filter(lot__number="RACE").count() == 1


@pytest.mark.django_db(transaction=True)
def test_on_sqlite_writers_stand_in_line():
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite needs the line")
    inside, tried = [], threading.Event()

    def second():
        tried.set()
        with commands.write_lock():
            inside.append("second")

    with commands.write_lock():
        other = threading.Thread(target=second)
        other.start()
        tried.wait()
        time.sleep(0.2)
        inside.append("first")
    other.join()
    assert inside == ["first", "second"]
