"""The frame: who may see a page, how answers are said, what comes back after a refusal, and what every page carries."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from django.template import engines
from django.urls import get_resolver

from officina.base.models import DoneCommand
from officina.dispensing.models import Fill
from officina.dispensing.services import filling
from officina.web.answers import Page
from web_sample_urls import Counted

HTMX = {"HX-Request": "true", "HX-Target": "work"}


@pytest.fixture
def bench(settings):
    """The sample desk, beside the real ones."""
    engine = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**engine, "DIRS": [*engine["DIRS"], Path(__file__).parent / "sample" / "templates"]}]
    settings.ROOT_URLCONF = "web_sample_urls"
    Counted.facts.clear()
    return lambda fill: f"/bench/{fill.code}/"


def text(answer):
    return " ".join(answer.content.decode().split())


def test_nobody_in_particular_sees_no_page(client, cast):
    for path in ("/", "/search", "/help/keys", "/here"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/sign-in")


def test_a_fragment_for_nobody_sends_its_page_to_the_sign_in(client, cast):
    answer = client.get("/", headers={"HX-Request": "true", "HX-Target": "waiting"})
    assert (answer.status_code, answer["HX-Redirect"], answer.content) == (401, "/sign-in", b"")


def test_every_page_forbids_foreign_and_inline_scripts_and_is_kept_nowhere(seat, cast):
    answer = seat(cast.ada).get("/")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert answer["Cache-Control"] == "no-store"
    page = answer.content.decode()
    assert "<script>" not in page
    assert " style=" not in page
    assert " onclick=" not in page


def test_the_rail_shows_only_desks_where_the_person_has_something_to_do(seat, cast):
    carl = text(seat(cast.carl).get("/"))
    assert 'href="/pickup/"' in carl
    assert 'href="/filling/" data-go' not in carl
    assert 'href="/checking/" data-go' not in carl


def test_the_frame_says_who_is_where_and_that_it_is_training(seat, cast):
    page = text(seat(cast.tess).get("/"))
    assert "Main Street Pharmacy" in page
    assert "TRAINING" in page
    assert "Tess Young, technician" in page


def test_a_page_is_shown_whole_and_as_a_part(seat, cast, bench):
    fill = cast.ready()
    tess = seat(cast.tess)
    whole = text(tess.get(bench(fill)))
    assert "<title>Bench · Officina</title>" in whole
    assert "<b>metFORMIN</b> 500 mg tablet" in whole
    assert "Take 1 tablet by mouth 2 times a day with meals." in whole
    assert "60 tablets" in whole
    assert "No known allergies" in whole
    assert 'Mar 14, 1961 <span class="dim">(65 years)</span>' in whole
    part = tess.get(bench(fill), headers=HTMX)
    assert part.content.decode().lstrip().startswith('<article id="work"')
    assert "HX-Target" in part["Vary"]
    assert "<html" not in text(part)


def test_a_block_that_is_not_on_the_list_cannot_be_asked_for(seat, cast, bench):
    answer = seat(cast.tess).get(bench(cast.ready()), headers={"HX-Request": "true", "HX-Target": "title"})
    assert "<html" in text(answer)


def test_an_act_without_script_answers_with_a_redirect_and_says_it_on_the_next_page_once(seat, cast, bench):
    fill = cast.ready()
    tess = seat(cast.tess)
    answer = tess.post(bench(fill), {"do": "take"})
    assert (answer.status_code, answer["Location"]) == (303, bench(fill))
    assert "Taken." in text(tess.get(bench(fill)))
    assert "Taken." not in text(tess.get(bench(fill)))


def test_an_act_with_htmx_answers_with_the_part_what_was_said_and_the_new_rail(seat, cast, bench):
    fill = cast.ready()
    answer = seat(cast.tess).post(bench(fill), {"do": "take"}, headers=HTMX)
    said = text(answer)
    assert answer.status_code == 200
    assert said.startswith('<article id="work"')
    assert '<div id="answer" class="answers" aria-live="assertive" hx-swap-oob="true">' in said
    assert "Taken." in said
    assert '<nav id="rail" class="rail" aria-label="Desks" hx-swap-oob="true">' in said


def test_an_act_that_goes_on_elsewhere_tells_htmx_so(seat, cast, bench):
    tess = seat(cast.tess)
    answer = tess.post(bench(cast.ready()), {"do": "count", "quantity": "60"}, headers=HTMX)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/")
    assert "Counted." in text(tess.get("/"))


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_stop_shows_both_sides_with_the_difference_marked(seat, cast, bench, headers):
    answer = seat(cast.tess).post(bench(cast.ready()), {"do": "scan", "scan": "wrong"}, headers=headers)
    said = text(answer)
    assert answer.status_code == 422
    assert 'role="alertdialog"' in said
    assert "metFORMIN <mark>500</mark> mg tablet" in said
    assert "metFORMIN <mark>1,000</mark> mg tablet" in said


def test_a_stop_that_is_data_survives_the_redirect(seat, cast, bench):
    tess = seat(cast.tess)
    fill = cast.ready()
    assert tess.post(bench(fill), {"do": "scan", "scan": "soft"}).status_code == 303
    assert "This lot expired." in text(tess.get(bench(fill)))


def test_a_code_typed_by_hand_is_told_so(seat, cast, bench):
    said = text(seat(cast.tess).post(bench(cast.ready()), {"do": "scan", "scan": "x", "manual": "1"}, headers=HTMX))
    assert "typed by hand." in said


def test_what_cannot_be_read_is_a_refusal_with_a_sentence(seat, cast, bench):
    answer = seat(cast.tess).post(bench(cast.ready()), {"do": "scan", "scan": "garbled"}, headers=HTMX)
    assert answer.status_code == 422
    said = text(answer)
    assert "garbled" in said
    assert "is no GTIN: expected 14 digits. Nothing was done." in said


def test_a_form_turns_text_into_values_of_the_house(seat, cast, bench):
    facts = {"quantity": "1,000.5", "expires_on": "11/22/2027", "ndc": "11111-1111-1", "times": "3"}
    seat(cast.tess).post(bench(cast.ready()), {"do": "count", **facts})
    got = Counted.facts[0]
    assert (got["quantity"], got["expires_on"], got["times"]) == (Decimal("1000.5"), date(2027, 11, 22), 3)
    assert got["ndc"].digits12


@pytest.mark.parametrize(
    ("field", "value"),
    [("quantity", "0"), ("quantity", "-1"), ("quantity", "1e3000"), ("quantity", "NaN"), ("quantity", "٣"), ("quantity", ""), ("expires_on", "3/14/61"),
     ("expires_on", "٣/14/1961"), ("expires_on", "02/30/2026"), ("ndc", "123"), ("times", "10"), ("times", "²"), ("times", "-1")],
)  # fmt: skip
def test_what_is_not_a_value_is_said_at_its_field_and_kept_as_typed(seat, cast, bench, field, value):
    facts = {"quantity": "5", "expires_on": "", "ndc": "", "times": "", field: value}
    answer = seat(cast.tess).post(bench(cast.ready()), {"do": "count", **facts})
    assert answer.status_code == 422
    assert Counted.facts == []
    said = text(answer)
    assert f'id="id_{field}_error"' in said
    assert not value or f'value="{value}"' in said
    assert "Nothing was saved" in said


def test_a_refusal_of_a_service_lands_on_its_field(seat, cast, bench):
    answer = seat(cast.tess).post(bench(cast.ready()), {"do": "count", "quantity": "13"}, headers=HTMX)
    said = text(answer)
    assert answer.status_code == 422
    assert "Not thirteen." in said
    assert 'value="13"' in said
    assert "Thirteen is not counted here." in said


def test_a_reason_that_is_missing_opens_its_form_again(seat, cast, bench):
    said = text(seat(cast.tess).post(bench(cast.ready()), {"do": "hold", "why": " "}, headers=HTMX))
    assert '<details class="with-reason" open>' in said


def test_a_form_that_was_not_sent_starts_fresh_after_a_refusal(seat, cast, bench):
    said = text(seat(cast.tess).post(bench(cast.ready()), {"do": "scan", "scan": ""}, headers=HTMX))
    assert "Scan or type a code." in said
    assert 'name="quantity" value="60"' in said


def test_somebody_faster_is_told_with_409_and_the_page_as_it_is_now(seat, cast, bench):
    fill = cast.ready()
    before = fill.version
    filling.take(cast.theo, fill=fill, at=cast.at())
    answer = seat(cast.tess).post(bench(fill), {"do": "take", "version": before}, headers=HTMX)
    assert answer.status_code == 409
    assert "Somebody else changed this fill" in text(answer)


def test_a_repeated_submit_is_done_once(seat, cast, bench):
    fill = cast.ready()
    tess = seat(cast.tess)
    for _ in range(2):
        assert tess.post(bench(fill), {"do": "take", "key": "k1"}).status_code == 303
    assert DoneCommand.objects.filter(key="k1").count() == 1
    assert Fill.objects.get(pk=fill.pk).steps.filter(move="take").count() == 1


def test_a_key_that_no_database_keeps_is_no_key(seat, cast, bench):
    fill = cast.ready()
    assert seat(cast.tess).post(bench(fill), {"do": "take", "key": "a\x00b"}).status_code == 303
    assert not DoneCommand.objects.filter(key__startswith="a").exists()


def test_an_unknown_button_does_nothing(seat, cast, bench):
    assert seat(cast.tess).post(bench(cast.ready()), {"do": "destroy"}).status_code == 404


def test_what_is_not_here_is_404_and_so_is_what_is_of_another_pharmacy(seat, cast, bench):
    fill = cast.ready()
    assert seat(cast.tess).get(f"/bench/{uuid4()}/").status_code == 404
    answer = seat(cast.max).get(bench(fill))
    assert answer.status_code == 404
    assert "Flórez" not in text(answer)
    posted = seat(cast.max).post(bench(fill), {"do": "take"})
    assert posted.status_code == 404
    assert "Flórez" not in text(posted)


def test_a_page_that_needs_an_act_is_refused_to_who_has_none(seat, cast, bench):
    answer = seat(cast.carl).get(bench(cast.ready()))
    assert answer.status_code == 403
    assert "Clerks may not count and fill." in text(answer)


def test_whose_licence_lapsed_is_told_so(seat, cast, bench):
    answer = seat(cast.lapsed).get(bench(cast.ready()))
    assert answer.status_code == 403
    assert "expired on Nov 19, 2026" in text(answer)


def test_an_address_that_leads_nowhere_says_so_in_the_frame(seat, cast, client):
    assert "no page at this address" in text(seat(cast.ada).get("/nowhere"))
    assert client.get("/nowhere").status_code == 404


def test_only_get_and_post_are_answered(seat, cast, bench):
    assert seat(cast.tess).delete(bench(cast.ready())).status_code == 405


def test_a_post_without_the_forgery_token_is_refused(seat, cast, bench):
    tess = seat(cast.tess)
    tess.handler.enforce_csrf_checks = True
    fill = cast.ready()
    assert tess.post(bench(fill), {"do": "take"}).status_code == 403
    assert Fill.objects.get(pk=fill.pk).state == "ready_to_fill"


def test_names_cannot_carry_markup_into_a_page(seat, cast, bench):
    fill = cast.received(drug_text="<script>alert(1)</script>", sig_text="<img src=x onerror=alert(1)>")
    said = text(seat(cast.tess).get(bench(fill)))
    assert "<script>alert" not in said
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in said


def test_a_page_costs_few_statements(seat, cast, bench, django_assert_max_num_queries):
    for _ in range(5):
        cast.received()
    fill = cast.ready()
    tess = seat(cast.tess)
    with django_assert_max_num_queries(17):
        tess.get("/")
    with django_assert_max_num_queries(14):
        tess.get(bench(fill))


def pages(patterns):
    for pattern in patterns:
        yield from pages(pattern.url_patterns) if hasattr(pattern, "url_patterns") else [pattern.callback]


@pytest.mark.parametrize(
    "page",
    [p for p in pages(get_resolver("officina.project.urls").url_patterns) if isinstance(p, Page)],
    ids=lambda p: f"{p.template}",
)
def test_every_part_that_a_page_gives_alone_stands_in_its_template(page):
    assert set(page.parts) <= set(engines["jinja2"].env.get_template(page.template).blocks)
