"""What pages say of a number, a quantity and the way a prescription came."""

from dataclasses import replace

import pytest

from officina.web import comparing, words


@pytest.mark.parametrize(
    ("kept", "said"), [("6085550111", "(608) 555-0111"), ("5550111", "5550111"), ("", ""), ("60855501ab", "60855501ab")]
)
def test_ten_digits_are_a_telephone_number_and_nothing_else_is_made_one(kept, said):
    assert words.telephone(kept) == said


@pytest.mark.parametrize(("origin", "said"), [("1", "on paper"), ("2", "by telephone"), ("0", "not known how")])
def test_the_way_it_came_is_told(origin, said):
    assert words.came(origin) == said


@pytest.mark.parametrize(("unit", "differs"), [("tablet", False), ("tablets", False), ("mL", True)])
def test_a_written_quantity_differs_from_the_entered_one_by_its_unit_and_not_by_its_plural(cast, unit, differs):
    rx = cast.entered().prescription
    order = replace(comparing.order_of(rx), quantity=rx.quantity, quantity_unit=unit)
    (line,) = (line for line in comparing.lines(order, rx, {}) if line.title == "Quantity")
    assert line.entered == "60 tablets"
    assert line.differs is differs
