"""One drawing at a time in a process: the libraries that draw are not made for threads.

Two threads in the fonts of reportlab read each other's place in the font's file, and two in PDFium each other's memory: a picture fails,
the process ends, or what comes out has another label's letters.
"""

import functools
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

ALONE = threading.RLock()
"""Held while a font is read and while anything is drawn; a drawing that is made of another one holds it already."""


def alone(draw: Callable[P, R]) -> Callable[P, R]:
    """Let one thread at a time draw; the others wait for the milliseconds that it takes, a second for a sheet of many tags."""

    @functools.wraps(draw)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with ALONE:
            return draw(*args, **kwargs)

    return run
