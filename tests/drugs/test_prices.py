"""Prices of the house: the arithmetic by hand, the rows in force, what is refused, and what nobody guesses."""

from datetime import date, timedelta

import pytest

from cast import assemble
from officina.base import queries as base
from officina.base import services
from officina.base.access import Actor
from officina.base.models import AuditEntry, Membership
from officina.base.services import NewPerson
from officina.dispensing.models import Fill
from officina.dispensing.services import review
from officina.drugs import local, prices
from officina.drugs.models import Price
from officina.drugs.rules.pricing import Cost, Terms, Tier, fixed, quote, read_tiers, tiers_text
from officina.kernel.errors import ParseError, Refused
from officina.kernel.quantity import D

DAY = date(2025, 1, 1)


def terms(percent="20", fee="6", minimum="9.99", tiers="", round_to="0.01") -> Terms:
    return Terms(percent=D(percent), fee=D(fee), minimum=D(minimum), tiers=read_tiers(tiers), round_to=D(round_to))


@pytest.mark.parametrize(
    ("quantity", "unit", "by", "amount"),
    [
        # Each worked by hand: quantity × unit = cost, + percent, + fee, at least the minimum, rounded.
        ("60", "0.032", terms(), "9.99"),  # 1.92 + 0.384 + 6 = 8.304 < 9.99
        ("60", "0.10", terms(), "13.20"),  # 6 + 1.20 + 6
        ("90", "0.02687", terms(minimum="0"), "8.90"),  # 2.4183 + 0.48366 + 6 = 8.90196
        ("1", "0.005", terms(percent="0", fee="0", minimum="0"), "0.01"),  # half a cent goes up
        ("1", "0.0049", terms(percent="0", fee="0", minimum="0"), "0.00"),
        ("0.5", "3.3333", terms(percent="10", fee="0", minimum="0"), "1.83"),  # 1.66665 × 1.1 = 1.833315
        ("179", "0.10", terms(tiers="180: 10; 360: 5"), "27.48"),  # 17.90 + 3.58 + 6
        ("180", "0.10", terms(tiers="180: 10; 360: 5"), "25.80"),  # 18 + 1.80 + 6
        ("360", "0.10", terms(tiers="180: 10; 360: 5"), "43.80"),  # 36 + 1.80 + 6
        ("60", "0.10", terms(round_to="0.25"), "13.25"),
        ("60", "0.10", terms(fee="6.05", round_to="0.25"), "13.25"),  # 13.25 stands on the step already
        ("60", "0.10", terms(fee="6.06", round_to="0.25"), "13.50"),
        ("60", "0.10", terms(round_to="1"), "14.00"),
        ("60", "0.032", terms(round_to="0.50"), "10.00"),  # the minimum is rounded up, too
        ("30", "600", terms(percent="1.5", fee="0", minimum="0"), "18270.00"),
    ],
)
def test_a_price_is_worked_out_to_the_cent(quantity, unit, by, amount):
    told = quote(D(quantity), Cost(D(unit), "NADAC", DAY), by)
    assert str(told.amount) == amount
    assert told.working.startswith("cost ")


def test_the_working_says_every_step():
    told = quote(D(60), Cost(D("0.032"), "NADAC", DAY), terms())
    assert told.working == "cost 1.92 from NADAC 2025-01-01, + 20 % 0.38, + fee 6.00 = 8.30; minimum 9.99 applies"
    told = quote(D(60), Cost(D("0.10"), "the house's own list", None), terms(round_to="0.25"))
    assert told.working == (
        "cost 6.00 from the house's own list, undated, + 20 % 1.20, + fee 6.00 = 13.20; rounded up to 0.25 = 13.25"
    )


def test_no_cost_is_no_price():
    told = quote(D(60), None, terms())
    assert (told.amount, told.working) == (None, "no price known")


def test_a_fixed_price_knows_no_fee():
    assert str(fixed(D(3), D("4.995"), DAY).amount) == "14.99"


@pytest.mark.parametrize(
    "wrong",
    [
        {"percent": "-1"}, {"percent": "1000.01"}, {"fee": "-0.01"}, {"minimum": "100001"}, {"round_to": "0.07"},
        {"tiers": "180"}, {"tiers": "360: 5; 180: 10"}, {"tiers": "180: 5; 180: 10"}, {"tiers": "180: -5"}, {"tiers": "0: 5"},
        {"tiers": "x: 5"}, {"percent": "1.00001"}, {"tiers": "; ".join(f"{n}: 5" for n in range(1, 20))},
    ],
)  # fmt: skip
def test_terms_that_no_house_has_are_refused(wrong):
    with pytest.raises(ParseError):
        terms(**wrong)


def test_tiers_are_read_as_they_are_written():
    assert read_tiers("180: 15 %;\n 360: 10") == (Tier(D(180), D(15)), Tier(D(360), D(10)))
    assert read_tiers(tiers_text(read_tiers("1000: 15; 3600.5: 10"))) == (
        Tier(D(1000), D(15)),
        Tier(D("3600.5"), D(10)),
    )


def test_nothing_of_a_medicine_has_no_price():
    with pytest.raises(ParseError, match="more than nothing"):
        quote(D(0), Cost(D(1), "NADAC", DAY), terms())


# -- In the house ------------------------------------------------------------------------------


@pytest.fixture
def cast(db):
    return assemble()


@pytest.fixture
def owner(cast) -> Actor:
    person = NewPerson(
        username="olga", name="Olga Reyes", initials="OR", role="owner", password="correct horse battery"
    )
    services.add_person(cast.setup, person=person, at=cast.at())
    user = Membership.objects.get(user__username="olga").user_id
    actor = base.actor_for(user, cast.setup.site_id)
    assert actor is not None
    return actor


def priced(cast, package, quantity="60", days=0):
    return prices.quote(cast.setup.site_id, package, D(quantity), on=cast.clock.date() + timedelta(days=days))


def survey(package, per_unit, starts_on, unit="each"):
    Price.objects.create(
        key=f"{package.ndc12} {starts_on}",
        ndc12=package.ndc12,
        starts_on=starts_on,
        per_unit=D(per_unit),
        unit=unit,
        is_otc=False,
    )


def test_where_the_house_set_nothing_the_price_is_what_it_was(cast):
    assert priced(cast, cast.metformin) is None
    fill = cast.ready()
    assert fill.price == D("14.40")  # 60 × 0.05, + 30 %, + 10.50: the pack with which a house begins


def test_terms_hold_from_their_day_on_and_the_later_row_takes_over(cast, owner):
    survey(cast.metformin, "0.032", cast.clock.date())
    today = cast.clock.date()
    prices.set_terms(owner, terms=terms(), starts_on=today, at=cast.at())
    prices.set_terms(owner, terms=terms(minimum="0"), starts_on=today + timedelta(days=7), at=cast.at())
    assert str(priced(cast, cast.metformin).amount) == "9.99"
    assert str(priced(cast, cast.metformin, days=6).amount) == "9.99"
    assert str(priced(cast, cast.metformin, days=7).amount) == "8.30"
    prices.set_terms(owner, terms=terms(minimum="20"), starts_on=today, at=cast.at())
    assert str(priced(cast, cast.metformin).amount) == "20.00"
    assert str(priced(cast, cast.metformin, days=7).amount) == "8.30"
    assert [h.minimum for h in prices.history(owner.site_id)] == [D(0), D(20), D("9.99")]


def test_a_set_price_is_in_the_audit_trail_with_what_held_before(cast, owner):
    today = cast.clock.date()
    prices.set_terms(owner, terms=terms(), starts_on=today, at=cast.at())
    prices.set_terms(owner, terms=terms(fee="7"), starts_on=today, at=cast.at())
    last = AuditEntry.objects.filter(verb="prices.terms_set").order_by("pk").last()
    assert (last.name, last.before["fee"], last.after["fee"]) == ("Olga Reyes", "6", "7")


def test_the_amount_due_at_pick_up_is_that_price(cast, owner):
    survey(cast.metformin, "0.10", cast.clock.date())
    prices.set_terms(owner, terms=terms(round_to="0.25"), starts_on=cast.clock.date(), at=cast.at())
    assert cast.sold().price == D("13.25")


def test_a_package_without_a_cost_is_not_guessed_and_its_payment_is_refused(cast, owner):
    prices.set_terms(owner, terms=terms(), starts_on=cast.clock.date(), at=cast.at())
    cast.metformin.unit_cost = None
    cast.metformin.save()
    assert priced(cast, cast.metformin).working == "no price known"
    with pytest.raises(Refused, match="No price known for NDC"):
        cast.ready()
    fill = Fill.objects.get(state="waiting_for_payment")
    prices.set_price(owner, package=cast.metformin, per_unit=D("0.5"), starts_on=cast.clock.date(), at=cast.at())
    assert review.settle_payment(cast.tess, fill=fill, at=cast.at()).price == D(30)


def test_a_local_price_goes_before_the_terms_until_it_is_ended(cast, owner):
    survey(cast.metformin, "0.032", cast.clock.date())
    today = cast.clock.date()
    prices.set_terms(owner, terms=terms(), starts_on=today, at=cast.at())
    prices.set_price(owner, package=cast.metformin, per_unit=D("0.25"), starts_on=today, at=cast.at())
    assert str(priced(cast, cast.metformin).amount) == "15.00"
    prices.set_price(owner, package=cast.metformin, per_unit=None, starts_on=today, at=cast.at())
    assert str(priced(cast, cast.metformin).amount) == "9.99"


def test_the_later_cost_counts_and_a_unit_that_differs_does_not(cast):
    today = cast.clock.date()
    package = cast.metformin
    package.unit_cost, package.cost_as_of = D("0.05"), today - timedelta(days=30)
    package.save()
    assert prices.cost_of(package, on=today).source == "the house's own list"
    survey(package, "9", today - timedelta(days=1), unit="mL")
    assert prices.cost_of(package, on=today).per_unit == D("0.05")
    survey(package, "0.04", today)
    survey(package, "0.03", today + timedelta(days=1))
    assert (prices.cost_of(package, on=today).per_unit, prices.cost_of(package, on=today).source) == (
        D("0.04"),
        "NADAC",
    )


@pytest.mark.parametrize("who", ["ada", "tess", "setup", "wire"])
def test_only_the_owner_sets_prices_and_enters_products(cast, who):
    actor = getattr(cast, who)
    today = cast.clock.date()
    with pytest.raises(Refused):
        prices.set_terms(actor, terms=terms(), starts_on=today, at=cast.at())
    with pytest.raises(Refused):
        prices.set_price(actor, package=cast.metformin, per_unit=D(1), starts_on=today, at=cast.at())
    with pytest.raises(Refused):
        local.add(actor, product=local.NewProduct(name="Soap", kind=local.Kind.FRONT_SHOP), at=cast.at())
    assert not prices.history(cast.setup.site_id)


def test_yesterday_has_no_new_price(cast, owner):
    with pytest.raises(Refused, match="today or later"):
        prices.set_terms(owner, terms=terms(), starts_on=cast.clock.date() - timedelta(days=1), at=cast.at())


@pytest.mark.parametrize("wrong", ["0", "-1", "100001", "0.12345"])
def test_a_unit_price_that_no_product_has_is_refused(cast, owner, wrong):
    with pytest.raises(Refused):
        prices.set_price(owner, package=cast.metformin, per_unit=D(wrong), starts_on=cast.clock.date(), at=cast.at())


def test_a_product_of_the_house_has_a_number_of_its_own_and_a_price(cast, owner):
    made = local.add(
        owner,
        product=local.NewProduct(
            name="Hydrophilic ointment base", kind=local.Kind.COMPOUND_BASE, unit="g", size=D(454), unit_cost=D("0.02"),
            gtin="036000291452",
        ),
        at=cast.at(),
    )  # fmt: skip
    assert (made.ndc, made.gtin, made.size) == ("LOCAL-0000001", "00036000291452", D(454))
    assert prices.package_named("local-0000001") == made
    prices.set_terms(owner, terms=terms(minimum="0"), starts_on=cast.clock.date(), at=cast.at())
    assert str(priced(cast, made, "100").amount) == "8.40"  # 2.00 + 0.40 + 6.00
    second = local.add(owner, product=local.NewProduct(name="Soap", kind=local.Kind.FRONT_SHOP), at=cast.at())
    assert second.ndc == "LOCAL-0000002"
    assert priced(cast, second, "1").amount is None
    assert [p.ndc for p in local.packages()] == ["LOCAL-0000002", "LOCAL-0000001"]


@pytest.mark.parametrize(
    "wrong",
    [{"name": " "}, {"unit": "bag"}, {"size": D(0)}, {"unit_cost": D(-1)}, {"gtin": "036000291453"}, {"gtin": "12"}],
)
def test_a_product_of_the_house_that_cannot_be_is_refused_beside_its_field(cast, owner, wrong):
    whole = {"name": "Soap", "kind": local.Kind.FRONT_SHOP}
    with pytest.raises(Refused) as no:
        local.add(owner, product=local.NewProduct(**{**whole, **wrong}), at=cast.at())
    assert set(no.value.fields) == set(wrong)


def test_another_pharmacy_has_prices_of_its_own(cast, owner):
    prices.set_terms(owner, terms=terms(), starts_on=cast.clock.date(), at=cast.at())
    assert prices.quote(cast.max.site_id, cast.metformin, D(60), on=cast.clock.date()) is None
