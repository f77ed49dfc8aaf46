"""Patients from the command line: found, proposed, listed, merged by somebody's rights and parted again."""

import json
from datetime import date

import pytest
from click.testing import CliRunner

import cast as standing
from officina.cli.check import check
from officina.cli.patients import patients as command
from officina.kernel import clock
from officina.patients import finding, services
from officina.patients.models import Patient

SITE = ("--site", "Main Street Pharmacy")


@pytest.fixture
def cast(db, monkeypatch):
    finding.forget()
    made = standing.assemble()
    monkeypatch.setattr(clock, "now", made.at)
    yield made
    finding.forget()


@pytest.fixture
def twin(cast):
    details = services.Details(last_name="Flores", first_name="Rosie", born_on=date(1961, 4, 14), phone="6085550999")
    return services.add(cast.tess, details=details, at=cast.at())


def run(*words, status=0):
    done = CliRunner().invoke(command, [*words, *SITE])
    assert done.exit_code == status, done.output
    return done


def test_who_fits_is_told_and_who_is_near_apart_with_the_reason(cast):
    assert json.loads(run("find", "flor", "ro", "--json").stdout)["hits"][0]["number"] == cast.rosa.number
    assert cast.rosa.number in run("find", "florez", "--born", "03/14/1961").stdout
    near = json.loads(run("find", "flroez", "rosa", "--born", "1961-03-14", "--json", status=1).stdout)
    assert near["hits"] == []
    assert [(n["number"], n["why"]) for n in near["did_you_mean"]] == [(cast.rosa.number, "Florez for Flroez")]
    told = run("find", "flroez", "rosa", status=1)
    assert "Did you mean" in told.stderr
    assert "Florez for Flroez" in told.stdout
    assert "nobody is near" in run("find", "qqqqq", status=1).stderr


def test_merged_and_parted_by_the_rights_of_who_is_named(cast, twin):
    merge = ("merge", cast.rosa.number, twin.number, "--take", "phone", "--why", "Her card")
    assert "may not" in run(*merge, "--by", "tess", status=1).stderr
    assert "works at this pharmacy" in run(*merge, "--by", "nobody", status=1).stderr
    assert "works at this pharmacy" in run(*merge, "--by", "max", status=1).stderr
    assert "no patient" in run("merge", cast.rosa.number, "P1", "--by", "ada", status=1).stderr
    assert "in a few words" in run("merge", cast.rosa.number, twin.number, "--by", "ada", status=1).stderr
    assert "now shows under" in run(*merge, "--by", "ada").stdout
    assert Patient.objects.get(pk=cast.rosa.pk).phone == "6085550999"
    assert cast.rosa.number in run("find", twin.number.lower()).stdout
    assert "All well." in CliRunner().invoke(check, []).output
    part = ("unmerge", twin.number, "--why", "They are two")
    assert "may not" in run(*part, "--by", "tess", status=1).stderr
    assert "stands for itself" in run(*part, "--by", "ada").stdout
    assert "not merged" in run(*part, "--by", "ada", status=1).stderr
    assert Patient.objects.get(pk=cast.rosa.pk).phone == "6085550111"


def test_the_check_tells_of_a_pointer_that_no_journal_knows(cast, twin):
    Patient.objects.filter(pk=twin.pk).update(merged_into=cast.rosa)
    told = CliRunner().invoke(check, [])
    assert told.exit_code == 1
    assert f"patient {twin.number}" in told.output


def test_likely_duplicates_are_listed_and_nothing_is_merged(cast):
    assert "No two records" in run("duplicates").stdout
    details = services.Details(last_name="Florez", first_name="Rosa", born_on=date(1961, 3, 14))
    other = services.add(cast.tess, details=details, at=cast.at())
    (pair,) = json.loads(run("duplicates", "--json").stdout)["pairs"]
    assert ({pair["one"]["number"], pair["other"]["number"]}, pair["why"]) == (
        {cast.rosa.number, other.number},
        "same name and birth date",
    )
    assert other.number in run("duplicates").stdout
    assert not Patient.objects.exclude(merged_into=None).exists()
