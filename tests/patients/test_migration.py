"""A house that was here before: its patients are found, and their notes, caps and languages are rows with somebody's name."""

from importlib import import_module

import pytest
from django.apps import apps

import cast as standing
from officina.patients import finding, queries
from officina.patients.models import NameWord, Patient


@pytest.mark.django_db
def test_what_was_known_before_is_kept_as_rows():
    cast = standing.assemble()
    finding.forget()
    NameWord.objects.all().delete()
    Patient.objects.filter(pk=cast.rosa.pk).update(
        notes="Rings twice\nDeaf", easy_open=True, language="spanish", name_key="x"
    )
    import_module("officina.patients.migrations.0003_what_was_known").forwards(apps, None)
    rosa = Patient.objects.get(pk=cast.rosa.pk)
    assert sorted(n.text for n in queries.notes_of(rosa)) == ["Deaf", "Rings twice"]
    (wish,) = queries.cap_wishes_of(rosa)
    assert (wish.asked_by, wish.asked_name, wish.rx_number) == ("patient", "not recorded", "")
    assert (rosa.language, rosa.name_key) == ("Spanish", "florez rosa")
    assert [n.patient.pk for n in finding.find(cast.tess, "rosa florez").did_you_mean] == [rosa.pk]
    finding.forget()
