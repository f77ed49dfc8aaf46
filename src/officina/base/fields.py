"""Exact numbers in the database: whole smallest units in a big integer, spoken of as Decimal.

Django's DecimalField is stored as a floating number on SQLite; a controlled-substance count that is off by a rounding error is a
legal event. A value finer than the scale is refused, not rounded.
"""

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.expressions import Combinable

from officina.kernel.errors import ParseError
from officina.kernel.quantity import MONEY_PLACES, QUANTITY_PLACES, D

_Set_contra = TypeVar("_Set_contra", contravariant=True)
_Get_co = TypeVar("_Get_co", covariant=True)

if TYPE_CHECKING:

    class _Base(models.BigIntegerField[_Set_contra, _Get_co]):
        """The type checker is told what may be set and what comes back."""

        _pyi_private_set_type: Decimal | int | str | Combinable  # type: ignore[assignment]  # not an int any more
        _pyi_private_get_type: Decimal  # type: ignore[assignment]

else:

    class _Base(models.BigIntegerField):
        """At run time the field has no parameters."""

        def __class_getitem__(cls, _types: object) -> type:
            return cls


class ScaledField(_Base[_Set_contra, _Get_co]):
    """A decimal with a fixed number of places, kept as an integer of its smallest unit."""

    def __init__(self, *args: Any, places: int, **kwargs: Any) -> None:
        self.places = places
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "places": self.places}

    def from_db_value(self, value: int | Decimal | None, _expression: Any, _connection: Any) -> Decimal | None:
        if value is None:
            return None
        number = Decimal(value).scaleb(-self.places)
        return number.normalize() + 0 if number == number.to_integral_value() else number.normalize()

    def to_python(self, value: Any) -> Decimal | None:
        if value is None or isinstance(value, Decimal):
            return value
        try:
            return D(value)
        except (TypeError, ValueError) as problem:
            raise ValidationError(str(problem)) from problem

    def get_prep_value(self, value: Any) -> int | None:
        if value is None or hasattr(value, "resolve_expression"):
            return value  # type: ignore[no-any-return]
        scaled = D(value).scaleb(self.places)
        if scaled != scaled.to_integral_value():
            raise ParseError(
                "number", expected=f"at most {self.places} decimal places: none is rounded", got=str(value)
            )
        return int(scaled)

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else f"{value:f}"

    def formfield(self, **_kwargs: Any) -> None:  # type: ignore[override]
        """Scaled numbers are typed into plain form fields of the desks, never into a generated form."""


class QuantityField(ScaledField[_Set_contra, _Get_co]):
    """An amount of medicine in its dispensing unit, six places."""

    def __init__(self, *args: Any, places: int = QUANTITY_PLACES, **kwargs: Any) -> None:
        super().__init__(*args, places=places, **kwargs)


class MoneyField(ScaledField[_Set_contra, _Get_co]):
    """US dollars, four places stored; rounded to cents once, on the document."""

    def __init__(self, *args: Any, places: int = MONEY_PLACES, **kwargs: Any) -> None:
        super().__init__(*args, places=places, **kwargs)
