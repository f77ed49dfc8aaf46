"""Numbers for people: the next of a series at a site, given out in the same transaction as the thing it names."""

from officina.base import statement
from officina.base.models import Counter

_FIRST = {
    "rx": 100_000,
    "fill": 200_000,
    "bag": 1_000,
    "vial": 1_000,
    "patient": 10_000,
    "seal": 0,
    "local": 0,
    "pse": 0,
}


def take(site_id: int, series: str) -> int:
    """The next number of a series; a rolled-back transaction gives its number back. One statement, two at the first call."""
    sql = "UPDATE base_counter SET value = value + 1 WHERE site_id = %s AND series = %s RETURNING value"
    row = statement.row(sql, [site_id, series])
    if row is None:
        Counter.objects.get_or_create(site_id=site_id, series=series, defaults={"value": _FIRST[series]})
        row = statement.row(sql, [site_id, series])
    assert row is not None
    return int(row[0])
