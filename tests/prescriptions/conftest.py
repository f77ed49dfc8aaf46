"""The standing cast, for tests of orders as they are entered."""

import pytest

from cast import Cast, assemble


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble()
