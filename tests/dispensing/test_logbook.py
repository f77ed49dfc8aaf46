"""Pseudoephedrine sold at the counter: the limits of the law over everything that one person bought, and a logbook that stays.

Vectors: domain rules 1.16, Appendix B (pse_hcl30) and A.6 (HS7, HS8); the cast's house stands in Wisconsin, whose law asks for less.
"""

import dataclasses
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from cast import TODAY, assemble, package
from officina.base.models import AuditEntry
from officina.dispensing import logbook
from officina.dispensing.logbook import Buyer, Ware
from officina.dispensing.models import PseudoephedrineSale
from officina.dispensing.services import logbook as selling
from officina.dispensing.services import merging
from officina.dispensing.services.logbook import Signed
from officina.inventory import queries as stock
from officina.inventory import services as inventory
from officina.kernel.errors import Refused
from officina.patients import noting
from officina.patients import services as profiles

KIM = Buyer(
    last_name="Doe", first_name="Kim", born_on=date(1980, 5, 1), address="1 Oak St, Madison WI", identity_kind="driver's license",
    identity_issuer="WI", identity_number="D123-4567", identity_expires_on=date(2028, 1, 1),
)  # fmt: skip
BOX = Ware(product="Sudafed 30 mg", salt="hcl", unit_mg=Decimal(30), units_each=24)
SIGNED = Signed(name="Kim Doe", notice_read=True)


@pytest.fixture
def cast(db):
    return assemble()


@pytest.fixture
def federal(cast):
    """The same house where federal law alone holds, but for the age that most states ask."""
    return dataclasses.replace(
        cast.tess,
        jurisdiction="US-ZZ",
        licences=tuple(dataclasses.replace(x, jurisdiction="US-ZZ") for x in cast.tess.licences),
    )


def sell(cast, actor=None, buyer=KIM, signed=SIGNED, at=None, package=None, **ware):
    return selling.sell(
        actor or cast.tess, buyer=buyer, ware=dataclasses.replace(BOX, **ware), signed=signed, package=package,
        at=at or cast.at(),
    )  # fmt: skip


def test_a_sale_is_a_line_with_all_that_the_law_asks_for(cast):
    line = sell(cast, packages=2)
    assert (line.number, line.units, line.packages, line.base_mg) == ("L000001", 48, 2, Decimal("1179.36"))
    assert (line.identity_number, line.identity_issuer, line.signed_by) == ("D1234567", "WI", "Kim Doe")
    told = AuditEntry.objects.get(verb="pseudoephedrine.sold")
    assert told.after == {"number": "L000001", "base_mg": "1179.36"}  # who bought it stands in the logbook alone


def test_a_line_is_never_changed_or_removed(cast):
    line = sell(cast)
    for break_it in (lambda: PseudoephedrineSale.objects.update(units=1), lambda: PseudoephedrineSale.objects.all().delete()):  # fmt: skip
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            break_it()
    assert PseudoephedrineSale.objects.get().units == line.units


def test_hs7_a_hundred_today_and_sixty_more_are_over_the_day(cast, federal):
    sell(cast, federal, units_each=100)
    with pytest.raises(Refused, match="It would pass on Nov 21, 2026") as no:
        sell(cast, federal, units_each=60)
    assert "46 of the 60 may be sold now" in no.value.sentence  # 146 a day
    assert sell(cast, federal, units_each=46)
    with pytest.raises(Refused):
        sell(cast, federal, units_each=1)


def test_hs8_three_hundred_and_fifty_in_thirty_days_and_twenty_more_are_over(cast, federal):
    for _ in range(3):
        sell(cast, federal, units_each=116)
        cast.later(1)
    sell(cast, federal, units_each=2)
    cast.later(1)
    with pytest.raises(Refused, match="16 of the 20 may be sold now"):
        sell(cast, federal, units_each=20)  # 370 > 366
    assert sell(cast, federal, units_each=16)


def test_thirty_days_later_to_the_minute_it_passes_again(cast, federal):
    first = cast.at()
    for n in range(2):
        sell(cast, federal, units_each=146, at=first + timedelta(days=n))
    wish = dataclasses.replace(BOX, units_each=100)
    answer = logbook.judged(federal, KIM, wish, at=first + timedelta(days=2))
    assert not answer.ruling.allowed
    assert answer.ruling.passes_on == first + timedelta(days=30)
    assert logbook.judged(federal, KIM, wish, at=first + timedelta(days=30)).ruling.allowed
    early = logbook.judged(federal, KIM, wish, at=first + timedelta(days=30, minutes=-1))
    assert not early.ruling.allowed


def test_wisconsin_asks_for_less_and_for_eighteen_years(cast):
    for n in range(2):
        sell(cast, units_each=146, at=cast.clock + timedelta(days=n))
    with pytest.raises(Refused, match=r"961\.23"):
        sell(cast, units_each=20, at=cast.clock + timedelta(days=3))
    young = dataclasses.replace(KIM, born_on=date(2008, 11, 21), last_name="Young", identity_number="Y1")
    with pytest.raises(Refused, match="18 years"):
        sell(cast, buyer=young)
    assert sell(cast, buyer=dataclasses.replace(young, born_on=date(2008, 11, 20)))


@pytest.mark.parametrize(
    "other",
    [
        {"identity_number": "P999", "identity_kind": "passport"},  # another paper
        {"last_name": "DOE", "first_name": " kim", "identity_number": "X1"},  # typed otherwise
        {"last_name": "Dough", "identity_number": "d123 4567"},  # another name on the same paper
    ],
)
def test_one_person_is_one_whatever_they_show(cast, other):
    sell(cast, units_each=146)
    with pytest.raises(Refused, match="may still be bought"):
        sell(cast, buyer=dataclasses.replace(KIM, **other), units_each=10)


def test_somebody_else_of_the_same_name_and_another_house_count_apart(cast):
    sell(cast, units_each=146)
    twin = dataclasses.replace(KIM, born_on=date(1981, 5, 1), identity_number="E1")
    assert sell(cast, buyer=twin, units_each=146)
    assert logbook.bought(cast.max, KIM, at=cast.clock) == []
    assert list(logbook.lines(cast.max).rows) == []
    with pytest.raises(Refused):
        logbook.line(cast.max, str(PseudoephedrineSale.objects.first().code))


@pytest.mark.parametrize(
    ("buyer", "ware", "signed", "field"),
    [
        ({"last_name": " "}, {}, {}, "last_name"),
        ({"address": ""}, {}, {}, "address"),
        ({"identity_number": "--"}, {}, {}, "identity_number"),
        ({"identity_issuer": ""}, {}, {}, "identity_number"),
        ({"identity_expires_on": TODAY - timedelta(days=1)}, {}, {}, "identity_expires_on"),
        ({"born_on": TODAY + timedelta(days=1)}, {}, {}, "born_on"),
        ({}, {"product": " "}, {}, "product"),
        ({}, {"packages": 0}, {}, "packages"),
        ({}, {"unit_mg": Decimal(-30)}, {}, "packages"),
        ({}, {}, {"name": ""}, "signed_by"),
        ({}, {}, {"notice_read": False}, "notice_read"),
    ],
)
def test_what_the_logbook_would_lack_is_asked_for_and_nothing_is_sold(cast, buyer, ware, signed, field):
    with pytest.raises(Refused) as no:
        sell(cast, buyer=dataclasses.replace(KIM, **buyer), signed=dataclasses.replace(SIGNED, **signed), **ware)
    assert field in no.value.fields
    assert PseudoephedrineSale.objects.count() == 0


def test_an_identification_is_good_through_its_last_day(cast):
    assert sell(cast, buyer=dataclasses.replace(KIM, identity_expires_on=TODAY))


def test_who_may_not_sell(cast):
    for actor in (cast.carl, cast.lapsed, cast.wire):
        with pytest.raises(Refused):
            sell(cast, actor)
    assert PseudoephedrineSale.objects.count() == 0


def test_a_line_that_is_taken_back_counts_no_more_and_both_stay(cast):
    line = sell(cast, units_each=146)
    with pytest.raises(Refused):
        selling.take_back(cast.tess, sale=line, why="Typed wrong", at=cast.at())
    with pytest.raises(Refused, match="Say why"):
        selling.take_back(cast.ada, sale=line, why=" ", at=cast.at())
    back = selling.take_back(cast.ada, sale=line, why="Typed wrong", at=cast.at())
    assert (back.reverses, back.number) == (line, "L000002")
    with pytest.raises(Refused, match="taken back already"):
        selling.take_back(cast.ada, sale=line, why="Again", at=cast.at())
    with pytest.raises(Refused, match="takes another one back"):
        selling.take_back(cast.ada, sale=back, why="Back", at=cast.at())
    assert sell(cast, units_each=146).number == "L000003"
    assert [r.number for r in logbook.lines(cast.ada).rows] == ["L000003", "L000002", "L000001"]


def test_the_same_form_sent_twice_sells_once(cast):
    actor = dataclasses.replace(cast.tess, key="k1")
    at = cast.at()
    assert sell(cast, actor, at=at).pk == sell(cast, actor, at=at).pk
    assert PseudoephedrineSale.objects.count() == 1


@pytest.fixture
def boxes(cast):
    """Three boxes of twenty-four on the shelf, two of the older lot."""
    made = package("pseudoephedrine", "30 mg", ndc="33333-0001-1", ingredient="pseudoephedrine", size=24)
    for lot, year, count in (("OLD", 2027, 2), ("NEW", 2028, 1)):
        inventory.receive(
            cast.tess,
            package=made,
            lot_number=lot,
            expires_on=date(year, 6, 30),
            quantity=Decimal(24 * count),
            at=cast.at(),
        )
    return made


def on_hand(cast, package):
    return {b.lot.number: b.on_hand for b in stock.on_shelf_of(cast.tess.site_id, package.pk)}


def test_what_is_sold_leaves_the_shelf_first_expired_first_and_comes_back_when_taken_back(cast, boxes):
    line = sell(cast, package=boxes, packages=3)
    assert on_hand(cast, boxes) == {}
    selling.take_back(cast.ada, sale=line, why="Nothing was handed over", at=cast.at())
    assert on_hand(cast, boxes) == {"OLD": 48, "NEW": 24}
    assert list(stock.differences()) == []


def test_more_than_the_shelf_holds_is_refused_and_leaves_no_line(cast, boxes):
    with pytest.raises(Refused, match="not so much"):
        sell(cast, package=boxes, packages=4)
    assert PseudoephedrineSale.objects.count() == 0
    assert on_hand(cast, boxes) == {"OLD": 48, "NEW": 24}
    assert sell(cast, package=boxes).number == "L000001"


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_two_registers_that_sell_to_one_person_at_once_stay_within_the_limit(together):
    cast = assemble()
    at = cast.at()
    sales = together(*(lambda a=a: sell(cast, a, units_each=100, at=at) for a in (cast.tess, cast.theo)))
    assert sorted(type(s).__name__ for s in sales) == ["PseudoephedrineSale", "Refused"]
    assert PseudoephedrineSale.objects.count() == 1


class TestTheSamePersonUnderAnotherName:
    """Rosa Flórez of the cast bought as Rosa Doe before, and shows another licence now."""

    def buyer(self, cast, last_name, number):
        return dataclasses.replace(
            KIM, last_name=last_name, first_name="Rosa", born_on=cast.rosa.born_on, identity_number=number
        )

    def again(self, cast, federal):
        with pytest.raises(Refused) as no:
            sell(cast, federal, self.buyer(cast, "Florez", "N1"), units_each=60)
        assert no.value.code == "over_limit"

    def test_a_former_name_that_the_house_knows_counts_and_one_struck_out_does_not(self, cast, federal):
        sell(cast, federal, self.buyer(cast, "Doe", "O1"), units_each=100)
        answer = logbook.judged(federal, self.buyer(cast, "Florez", "N1"), BOX, at=cast.at())
        assert answer.bought == []
        noted = noting.note_name(
            cast.tess, patient=cast.rosa, last_name="Doe", first_name="", kind="maiden", at=cast.at()
        )
        self.again(cast, federal)
        # The other way round, too: who bought by the new name comes with the old card.
        answer = logbook.judged(federal, self.buyer(cast, "Doe", "X9"), BOX, at=cast.at())
        assert len(answer.bought) == 1
        noting.strike_name(cast.tess, patient=cast.rosa, name=noted, why="Her sister", at=cast.at())
        assert logbook.bought(federal, self.buyer(cast, "Florez", "N1"), at=cast.at()) == []

    def test_a_merged_record_s_name_counts_while_it_is_merged(self, cast, federal):
        details = profiles.Details(last_name="Doe", first_name="Rosa", born_on=cast.rosa.born_on, sex="F")
        twin = profiles.add(cast.tess, details=details, at=cast.at())
        sell(cast, federal, self.buyer(cast, "Doe", "O1"), units_each=100)
        made = merging.merge(cast.tess, survivor=cast.rosa, merged=twin, at=cast.at())
        self.again(cast, federal)
        merging.unmerge(cast.ada, merge=made, why="They are sisters", at=cast.at())
        assert logbook.bought(federal, self.buyer(cast, "Florez", "N1"), at=cast.at()) == []

    def test_somebody_else_born_on_that_day_and_another_house_s_patients_do_not_count(self, cast, federal):
        sell(cast, federal, self.buyer(cast, "Doe", "O1"), units_each=100)
        details = profiles.Details(last_name="Doe", first_name="Rosa", born_on=cast.rosa.born_on, sex="F")
        profiles.add(cast.tess, details=details, at=cast.at())
        assert logbook.bought(federal, self.buyer(cast, "Florez", "N1"), at=cast.at()) == []
