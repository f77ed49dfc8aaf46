"""The house keeps its own sig codes: by who may, soundly, and only for itself."""

import dataclasses

import pytest

from officina.base.models import AuditEntry
from officina.kernel.errors import Refused
from officina.prescriptions import queries, suggestions
from officina.prescriptions.services import sig_codes


def keep(cast, typed="BP", expansion="for high blood pressure", actor=None):
    return sig_codes.set_code(actor or cast.ada, typed=typed, expansion=expansion, at=cast.at())


def test_a_code_is_kept_in_small_letters_changed_and_taken_away(cast):
    keep(cast)
    keep(cast, "bp", "for blood pressure")
    assert queries.sig_codes(cast.ada) == {"bp": "for blood pressure"}
    code = queries.sig_code(cast.ada, " BP ")
    sig_codes.end_code(cast.ada, code=code, at=cast.at())
    assert queries.sig_codes(cast.ada) == {}
    keep(cast)
    assert queries.sig_codes(cast.ada) == {"bp": "for high blood pressure"}
    told = AuditEntry.objects.filter(verb__startswith="sig_code.").order_by("id")
    assert [e.verb for e in told] == ["sig_code.set", "sig_code.set", "sig_code.ended", "sig_code.set"]
    assert told[1].before == {"expansion": "for high blood pressure"}


@pytest.mark.parametrize(
    ("typed", "expansion", "field"),
    [("bid", "for high blood pressure", "typed"), ("bp", "blah", "expansion"), ("od1", "1 drop od bid", "expansion"), ("", "", "typed")],
)  # fmt: skip
def test_what_would_be_misread_is_refused_at_its_field(cast, typed, expansion, field):
    with pytest.raises(Refused) as no:
        keep(cast, typed, expansion)
    assert field in no.value.fields
    assert queries.sig_codes(cast.ada) == {}


def test_a_code_within_the_expansion_of_another_is_refused(cast):
    keep(cast, "withf", "with food")
    with pytest.raises(Refused, match="holds the code 'withf'"):
        keep(cast, "t1d", "take 1 tablet by mouth daily withf")


def test_who_may_not_and_another_house(cast):
    for actor in (cast.tess, cast.ivo, cast.carl, cast.wire):
        with pytest.raises(Refused):
            keep(cast, actor=actor)
    code = keep(cast)
    assert queries.sig_codes(cast.max) == {}
    with pytest.raises(Refused):
        queries.sig_code(cast.max, "bp")
    with pytest.raises(Refused):
        sig_codes.end_code(cast.max, code=code, at=cast.at())
    assert queries.sig_codes(cast.ada)


def test_the_same_page_sent_twice_keeps_it_once(cast):
    actor = dataclasses.replace(cast.ada, key="k1")
    first = keep(cast, actor=actor)
    assert keep(cast, actor=actor).pk == first.pk
    assert AuditEntry.objects.filter(verb="sig_code.set").count() == 1


def test_an_order_that_is_written_with_a_code_is_proposed_in_label_words(cast):
    keep(cast, "t1b", "take 1 tablet by mouth twice daily")
    fill = cast.received(sig_text="T1B with meals")
    found = suggestions.suggest(cast.tess, fill.prescription)
    assert found.directions.text == "Take 1 tablet by mouth 2 times a day with meals."
    sig_codes.end_code(cast.ada, code=queries.sig_code(cast.ada, "t1b"), at=cast.at())
    assert not suggestions.suggest(cast.tess, fill.prescription).directions.understood
