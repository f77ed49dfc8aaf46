"""Statements that are worded once say the same as the ORM's own, on both databases."""

import uuid

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Count

import cast as standing
from officina.base import rows
from officina.base.models import AuditEntry
from officina.base.rows import Question
from officina.dispensing import queries
from officina.dispensing.models import Fill, FillStep
from officina.inventory.models import Balance, Move


@pytest.fixture
def cast(db):
    return standing.assemble()


def columns(row: models.Model) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_a_question_gives_the_rows_of_its_queryset_with_all_that_comes_along(cast, django_assert_num_queries):
    fill = cast.bagged()
    question = Question(
        lambda site, code: Fill.objects.filter(site=site, code=code).select_related(*queries._WITH),
        site=models.BigIntegerField(),
        code=models.UUIDField(),
    )
    plain = Fill.objects.filter(code=fill.code).select_related(*queries._WITH).get()
    for asked in (fill.code, str(fill.code)):
        with django_assert_num_queries(1):
            (found,) = question(site=fill.site_id, code=asked)
            assert columns(found) == columns(plain)
            for way in queries._WITH:
                ours, theirs = found, plain
                for step in way.split("__"):
                    ours, theirs = getattr(ours, step), getattr(theirs, step)
                    assert columns(ours) == columns(theirs)
    assert question(site=fill.site_id + 1, code=fill.code) == []
    assert question(site=fill.site_id, code=uuid.uuid4()) == []


def test_what_is_missing_along_the_way_is_none(cast):
    fill = cast.received()
    (found,) = Question(
        lambda pk: Fill.objects.filter(pk=pk).select_related("package__product", "patient"), pk=models.BigIntegerField()
    )(pk=fill.pk)
    assert (found.package, found.patient, found.bag_id) == (None, None, None)


def test_a_question_for_columns_gives_tuples_in_the_order_of_the_question(cast):
    cast.entered()
    cast.entered()
    question = Question(
        lambda site: (
            Fill.objects.filter(site=site).values_list("state").annotate(n=Count("id"), last=models.Max("since"))
        ),
        site=models.BigIntegerField(),
    )
    assert question(site=cast.tess.site_id) == list(
        Fill.objects.values_list("state").annotate(n=Count("id"), last=models.Max("since"))
    )


def test_a_key_that_no_row_can_have_finds_none(cast):
    question = Question(lambda pk: Fill.objects.filter(pk=pk), pk=models.BigIntegerField())
    assert question(pk=10**30) == question(pk=-(10**30)) == []
    assert question.first(pk=10**30) is None


def test_an_appended_row_is_the_row_that_the_orm_would_write(cast):
    fill = cast.bagged()
    for model in (AuditEntry, FillStep, Move, Balance):
        for row in model.objects.all():
            assert columns(row) == columns(model.objects.get(pk=row.pk))
    step = FillStep.objects.filter(fill=fill).order_by("-id").first()
    made = rows.append(FillStep(**{name: value for name, value in columns(step).items() if name != "id"}))
    assert made.pk > step.pk
    assert columns(FillStep.objects.get(pk=made.pk)) == columns(step) | {"id": made.pk}
    made.refresh_from_db()


def test_an_appended_row_obeys_the_constraints(cast):
    move = Move.objects.first()
    bad = {**columns(move), "quantity": 0}
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.append(Move(**{name: value for name, value in bad.items() if name != "id"}))


def test_a_change_is_made_only_to_the_row_as_it_was_read(cast):
    fill = cast.received()
    as_read = {"pk": fill.pk, "state": fill.state, "version": fill.version}
    assert rows.change(Fill, as_read, {"labels_printed": 3})
    assert not rows.change(Fill, as_read, {"labels_printed": 4})
    now = Fill.objects.get(pk=fill.pk)
    assert (now.labels_printed, now.version) == (3, fill.version + 1)
    assert not rows.change(Fill, {**as_read, "version": now.version, "state": "sold"}, {"labels_printed": 5})


def test_a_question_is_worded_once(cast, monkeypatch):
    built = []

    def build(pk):
        built.append(pk)
        return Fill.objects.filter(pk=pk)

    question = Question(build, pk=models.BigIntegerField())
    fill = cast.received()
    assert [question.first(pk=pk) for pk in (fill.pk, 0, fill.pk)] == [fill, None, fill]
    assert len(built) == 1
    assert connection.vendor in question._worded
