"""What a log may say of a fault: where it happened and of which kind, never the values it happened with."""

import logging
import traceback
from types import TracebackType

Fault = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Discreet(logging.Formatter):
    """A fault's message can quote a row, and a row is a patient: files, lines and the kind of fault are kept, its words are not."""

    def formatException(self, ei: Fault) -> str:  # noqa: N802  logging's own name
        """The places of a fault and of what it came from, innermost fault first."""
        told: list[str] = []
        fault: BaseException | None = ei[1]
        while fault is not None and len(told) < 20:
            told.append(_places(fault))
            fault = fault.__cause__ or fault.__context__
        return "\n".join(told)


def _places(fault: BaseException) -> str:
    lines = [
        f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(fault.__traceback__)
    ]
    kind = type(fault)
    return "\n".join([f"{kind.__module__}.{kind.__qualname__} (its words are not logged)", *lines])
