"""Which schedule holds for a drug where lists and labelers say different things: the strictest that is no slip.

>>> strictest(0, 4, 2), strictest(0, 0), of_listings({0: 10, 5: 12}), of_listings({0: 151, 4: 1})
(2, 0, 5, 0)
"""

from collections.abc import Mapping

from officina.drugs.rules.clinical import base_keys

SLIPS = 10
"""Of so many labelers one may be wrong: what fewer than a tenth of them say is taken for a slip (aspirin is in no schedule)."""


def strictest(*schedules: int) -> int:
    """The strictest of several schedules: I before V, and V before none (0)."""
    return min((s for s in schedules if s), default=0)


def of_listings(counts: Mapping[int, int]) -> int:
    """The schedule of a drug whose products are listed under several: the strictest that a tenth of the listings bear out.

    A labeler that leaves the schedule out is common, one that invents it is rare.
    """
    listings, so_strict = sum(counts.values()), 0
    for schedule in sorted(s for s in counts if s):
        so_strict += counts[schedule]
        if so_strict * SLIPS >= listings:
            return schedule
    return 0


def is_of(listed: str, forms: str, *, bases: frozenset[str], form: str) -> bool:
    """Whether a row of a schedule list speaks of a drug: of exactly its substances, in one of its forms where it names any.

    Codeine by itself is in Schedule II, with acetaminophen in III (21 CFR 1308.12, 1308.13): a part of a mixture is not the mixture.
    """
    substances = frozenset(base_keys(part)[-1] for part in listed.split(";") if part.strip())
    named = {_first_word(part) for part in forms.split(";") if part.strip()}
    return substances == bases and (not named or bool(named & set(form.lower().replace(",", " ").split())))


def _first_word(form: str) -> str:
    return form.lower().replace(",", " ").split()[0]
