"""What a command was given and by whom, as one hash: the same sent again is known by it, something else under its key is found out."""

import functools
import hashlib
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import msgspec
from django.db import models

from officina.base.access import Actor

P = ParamSpec("P")
R = TypeVar("R")
_ASIDE = frozenset({"at"})
"""When it was sent is another moment each time."""


def aside(*names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Below `@command`: these parameters are made anew at each sending and say nothing about what was sent."""

    def mark(service: Callable[P, R]) -> Callable[P, R]:
        service.__dict__["aside"] = _ASIDE | set(names)
        return service

    return mark


def unkept(service: Callable[P, R]) -> Callable[P, R]:
    """Below `@command`: what it takes or gives is secret, so neither a hash nor the answer is kept; sent again, it is asked again."""
    service.__dict__["unkept"] = True
    return service


def is_unkept(service: Callable[..., Any]) -> bool:
    """Whether nothing may be kept of what a command takes and gives."""
    return "unkept" in service.__dict__


def content(service: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """The hash. A row counts by its key alone: what is sent again finds it as the first sending left it."""
    given = _signature(service).bind(*args, **kwargs)
    given.apply_defaults()
    left_out = service.__dict__.get("aside", _ASIDE)
    told = {name: _plain(value) for name, value in given.arguments.items() if name not in left_out}
    return hashlib.sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Actor):
        # Who it is, not by which request or at which station: an answer is for the person whose work it tells of.
        return value.user_id
    return msgspec.to_builtins(value, str_keys=True, order="deterministic", enc_hook=_hook)


def _hook(value: Any) -> Any:
    if isinstance(value, models.Model) and value.pk is not None:
        return [value._meta.label, value.pk]
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Exception):
        return [type(value).__name__, str(value)]
    raise NotImplementedError(f"a {type(value).__name__} says nothing that could be compared; set it aside")


@functools.cache
def _signature(service: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(service)
