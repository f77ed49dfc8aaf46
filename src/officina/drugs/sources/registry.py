"""All sources of the drug file, and which of them a file is."""

from officina.drugs.sources import (
    fda_ndc,
    fda_recalls,
    fda_shortages,
    nadac,
    openfda_ndc,
    orange_book,
    rxnorm,
)
from officina.drugs.sources.fda_unlisted import EXCLUDED, UNFINISHED
from officina.drugs.sources.files import Bundle
from officina.drugs.sources.safety_lists import MORPHINE_FACTORS, SCHEDULES_LIST, TALL_MAN
from officina.drugs.sources.shape import Source
from officina.kernel.errors import ParseError

SOURCES: tuple[Source, ...] = (
    fda_ndc,
    openfda_ndc,
    UNFINISHED,
    EXCLUDED,
    rxnorm,
    orange_book,
    nadac,
    fda_shortages,
    fda_recalls,
    SCHEDULES_LIST,
    TALL_MAN,
    MORPHINE_FACTORS,
)


def source_of(bundle: Bundle) -> Source:
    """The source whose file this is, told by its content; ParseError where it is none, or might be two."""
    found = [source for source in SOURCES if source.tells(bundle)]
    if len(found) != 1:
        got = " and ".join(s.TITLE for s in found) or ", ".join(m.name for m in bundle.members[:5]) or "nothing"
        expected = "an official file whose columns are as published: " + ", ".join(
            dict.fromkeys(s.TITLE for s in SOURCES)
        )
        raise ParseError("source of the drug file", where=bundle.path.name, expected=expected, got=got)
    return found[0]
