"""Refused at each guard, as the person at the desk meets it: by keyboard and scanner, with the words on the screen."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import expect

import cast as standing
from officina.dispensing import queries
from officina.dispensing.services import checking, entry, filling
from officina.drugs.models import Ingredient
from officina.exchange import intake
from officina.inventory import services as inventory
from officina.patients import services as patients

pytestmark = pytest.mark.browser

MESSAGES = Path(__file__).resolve().parent.parent / "messages" / "ncpdp_script"


@pytest.fixture
def bench(cast, sits):
    """A fill of 60 tablets of metformin 500 mg on the bench, its label printed, and Tess before it."""
    fill = filling.take(cast.tess, fill=cast.ready(), at=cast.at())
    fill = filling.label_printed(cast.tess, fill=fill, at=cast.at())
    return fill, sits("tess", f"/filling/{fill.code}/")


def container(package, lot, expires_on):
    return f"]d201{package.gtin}17{expires_on:%y%m%d}10{lot}"


def state(cast, fill):
    return queries.fill(cast.ada, str(fill.code)).state


STOPS = {
    "another medicine": ("lisinopril", "L1", date(2027, 10, 31), "Wrong"),
    "another strength": ("metformin_1000", "L1", date(2027, 10, 31), "strength"),
    "an expired lot": ("metformin", "OLD1", date(2026, 10, 31), "xpired"),
    "a quarantined lot": ("metformin", "BAD1", date(2027, 12, 31), "quarantine"),
    "a lot that was never received": ("metformin", "NEVER1", date(2027, 12, 31), "lot"),
}


@pytest.mark.parametrize("what", STOPS)
def test_the_wrong_container_stops_and_the_vial_stays_empty(cast, bench, what):
    fill, tess = bench
    name, lot, expires_on, word = STOPS[what]
    if lot == "BAD1":
        bad = inventory.receive(
            cast.tess,
            package=cast.metformin,
            lot_number=lot,
            expires_on=expires_on,
            quantity=Decimal(100),
            at=cast.at(),
        )
        inventory.quarantine(cast.tess, lot=bad, why="recalled", at=cast.at())
    tess.scan(container(getattr(cast, name), lot, expires_on))
    tess.is_told("stop", word)
    # What is scanned while the stop stands reaches nobody: a hand that scans on without looking changes nothing.
    tess.scan(container(cast.metformin, cast.old_lot.number, cast.old_lot.expires_on))
    tess.is_told("stop", word)
    assert queries.counted(fill) == 0
    tess.press("Escape")
    expect(tess.page.locator(".stop-panel")).to_have_count(0)
    assert [s.outcome == "ok" for s in queries.scans(fill)] == [False]


def test_a_code_that_cannot_be_read_is_told_in_words(cast, bench):
    fill, tess = bench
    tess.scan(f"]d201{cast.metformin.gtin[:-1]}{(int(cast.metformin.gtin[-1]) + 1) % 10}")
    tess.is_told("no", "check digit")
    assert queries.counted(fill) == 0


def test_a_short_count_is_not_sent_to_the_check(cast, bench):
    fill, tess = bench
    tess.tab_to("quantity")
    tess.press("Control+a")
    tess.types("59")
    tess.scan(container(cast.metformin, cast.old_lot.number, cast.old_lot.expires_on))
    tess.sees("1 missing", ".tally")
    tess.press("Control+Enter")
    tess.is_told("stop", "The label says 60, scanned and counted are 59")
    assert state(cast, fill) == "filling"


def test_an_allergy_is_resolved_by_a_pharmacist_with_a_reason_or_not_at_all(cast, sits):
    patients.note_allergy(
        cast.tess,
        patient=cast.rosa,
        text="metformin",
        ingredient=Ingredient.objects.get(key="metformin"),
        severity="severe",
        at=cast.at(),
    )
    fill = entry.approve_entry(cast.ada, fill=cast.entered(), at=cast.at())
    ada = sits("ada", f"/review/{fill.code}/")
    ada.sees("metformin", ".alert.stop")
    ada.press("Control+Enter")
    ada.is_told("no", "")
    assert state(cast, fill) == "clinical_review"
    ada.tab_to("resolution")
    ada.press("ArrowDown")
    ada.tab_to("reason")
    ada.press("Enter")
    ada.is_told("no", "Nothing was saved")
    ada.tab_to("reason")
    ada.types("Prescriber confirms tolerance")
    ada.press("Enter")
    ada.sees("Prescriber confirms tolerance", ".alert.done")
    ada.press("Control+Enter")
    ada.is_told("done", "is reviewed")
    assert state(cast, fill) == "waiting_for_payment"


def test_a_serious_interaction_stops_at_the_review_and_a_technician_cannot_answer_it(cast, sits):
    phenelzine = standing.package("phenelzine", "15 mg", ndc="11111-5555-1", ingredient="phenelzine", classes=("maoi",))
    sertraline = standing.package(
        "sertraline", "50 mg", ndc="11111-6666-1", ingredient="sertraline", classes=("serotonergic-antidepressant",)
    )
    cast.ready(phenelzine, drug=phenelzine.product.drug)
    fill = entry.approve_entry(cast.ada, fill=cast.entered(sertraline, drug=sertraline.product.drug), at=cast.at())
    ada = sits("ada", f"/review/{fill.code}/")
    ada.sees("erotonin", ".alert.stop")
    ada.press("Control+Enter")
    ada.is_told("no", "")
    tess = sits("tess", f"/review/{fill.code}/")
    tess.sees("Technicians may not")
    tess.press("Control+Enter")
    assert state(cast, fill) == "clinical_review"


def test_a_technician_finds_no_way_to_pass_the_final_check(cast, sits):
    fill = cast.filled()
    tess = sits("tess", f"/checking/{fill.code}/")
    tess.sees("A pharmacist passes the final check", "#work")
    tess.press("Control+Enter")
    assert state(cast, fill) == "final_check"


def test_who_filled_does_not_check(cast, sits):
    fill = filling.take(cast.ada, fill=cast.ready(), at=cast.at())
    fill = filling.label_printed(cast.ada, fill=fill, at=cast.at())
    cast.scan(fill, cast.lot, by=cast.ada)
    fill = filling.submit_fill(cast.ada, fill=queries.fill(cast.ada, str(fill.code)), at=cast.at())
    ada = sits("ada", f"/checking/{fill.code}/")
    ada.press("Control+Enter")
    ada.sees("", "#work")
    assert state(cast, fill) == "final_check"


def test_an_order_that_changed_on_another_screen_is_not_passed_on_this_one(cast, sits):
    fill = cast.filled()
    ada = sits("ada", f"/checking/{fill.code}/")
    ada.sees("Check passed", "#work")
    checking.reject(cast.pia, fill=fill, why="label smudged", at=cast.at())
    ada.press("Control+Enter")
    ada.is_told("no", "")
    assert state(cast, fill) == "filling"


def test_nobody_else_gets_the_bag(cast, sits):
    rosas = cast.bagged()
    omars = cast.bagged(patient=cast.omar)
    tess = sits("tess", "/pickup/")
    expect(tess.page.locator("main")).not_to_contain_text("Flórez")
    for word in ("Nobody", "Here"):
        tess.types(word)
        tess.press("Tab")
    tess.types("01/01/1980")
    tess.press("Control+Enter")
    tess.is_told("no", "")
    tess.page.goto("/pickup/")
    tess.types("Haddad")
    tess.press("Tab")
    tess.types("Omar")
    tess.press("Tab")
    tess.types("07/02/1975")
    tess.press("Control+Enter")
    tess.sees(omars.bag.number, ".fetch")
    tess.scan(rosas.bag.number)
    tess.is_told("stop", "another patient")
    tess.press("Escape")
    tess.scan(omars.bag.number)
    tess.sees("In hand", "#work")
    tess.tab_to("signed_by")
    tess.types("Omar Haddad")
    tess.press("Control+Enter")
    tess.is_told("no", "offer to counsel")
    assert (state(cast, rosas), state(cast, omars)) == ("bin", "bin")


def test_a_message_that_came_before_and_one_that_is_broken_wait_for_a_person(cast, sits):
    raw = (MESSAGES / "newrx_metformin_2023011.xml").read_bytes()
    first = intake.receive(cast.wire, raw, name="first.xml", at=cast.at())
    assert intake.receive(cast.wire, raw, name="again.xml", at=cast.at()).status == "duplicate"
    intake.receive(cast.wire, (MESSAGES / "broken.xml").read_bytes(), name="broken.xml", at=cast.at())
    tess = sits("tess", "/intake/")
    tess.sees("broken.xml", ".worklist")
    rows = tess.page.locator("main table a[href^='/rx/']")
    expect(rows).to_have_count(1)
    expect(rows.first).to_have_text(first.prescriptions[0])
    expect(tess.page.locator(".worklist li")).to_have_count(1)
    tess.sees("Came before", "main table")
