"""Patients who were here before: the words of their names, their notes and caps as somebody's word, languages as the list writes them."""

from typing import Any

from django.db import migrations
from django.utils import timezone

from officina.patients import likeness, rules

NOT_RECORDED = "not recorded"


def forwards(apps: Any, _editor: Any) -> None:
    Patient, NameWord = apps.get_model("patients", "Patient"), apps.get_model("patients", "NameWord")
    Note, CapWish = apps.get_model("patients", "Note"), apps.get_model("patients", "CapWish")
    now = timezone.now()
    words, notes, wishes = [], [], []
    languages = {name.casefold(): name for name in likeness.languages()}
    for p in Patient.objects.order_by("pk").iterator(chunk_size=2000):
        for word in sorted(rules.name_words(p.last_name, p.first_name, p.middle_name)):
            words.append(NameWord(site_id=p.site_id, patient_id=p.pk, word=word))
        for line in p.notes.splitlines():
            text = " ".join(line.split())
            for start in range(0, len(text), 500):
                notes.append(Note(patient_id=p.pk, text=text[start : start + 500], at=now, user_name=NOT_RECORDED))
        if p.easy_open:
            wishes.append(
                CapWish(
                    patient_id=p.pk, asked_by="patient", asked_name=NOT_RECORDED, at=now, user_name=NOT_RECORDED
                )
            )
        key = rules.name_key(p.last_name, p.first_name)
        if key != p.name_key:
            Patient.objects.filter(pk=p.pk).update(name_key=key)
        listed = languages.get(p.language.strip().casefold())
        if listed and listed != p.language:
            Patient.objects.filter(pk=p.pk).update(language=listed)
        if len(words) >= 5000:
            NameWord.objects.bulk_create(words)
            words = []
    NameWord.objects.bulk_create(words)
    Note.objects.bulk_create(notes)
    CapWish.objects.bulk_create(wishes)


class Migration(migrations.Migration):
    dependencies = [("patients", "0002_person")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop, elidable=True)]
