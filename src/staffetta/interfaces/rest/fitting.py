"""Making what clients send fit a type: members in any letter case, null for nothing, numbers for texts."""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import inspect

from staffetta.errors import InvalidArgument
from staffetta.interfaces.parameters import LARGEST_ID

NUMBERS = inspect.IntType | inspect.FloatType | inspect.BoolType

Check = Callable[[Any, str], None]


def fit(value: Any, info: inspect.Type) -> Any:
    """Return the value as `msgspec.convert` takes it; what does not fit stays as it is, for `convert` to refuse.

    Null is an empty object or an array without members where one is wanted, a value of an array's kind is an array of
    one: an object is if it has a member that is known. The walk follows the type, so that it goes no deeper than that.
    """
    match info:
        case inspect.UnionType(types=types):
            return _fit_one_of(value, types)
        case inspect.StructType():
            return _fit_struct(value, info)
        case inspect.ListType(item_type=item_type) | inspect.VarTupleType(item_type=item_type):
            items = _items(value, item_type)
            return value if items is None else [fit(each, item_type) for each in items]
        case inspect.StrType():
            return _text(value)
        case inspect.IntType() | inspect.FloatType() | inspect.BoolType():
            return value.strip() if isinstance(value, str) else value
        case _:
            return value


def check_of(info: inspect.Type) -> Check | None:
    """Return what refuses integers of more than 32 bits in values of a type, None where it has none.

    Databases and most clients know no longer ones. Called as `check(value, name)`, it raises InvalidArgument.
    """
    match info:
        case inspect.IntType():
            return _check_integer
        case inspect.UnionType(types=types):
            # Where a text may stand as well, a long number is as good as its digits.
            others = [each for each in types if not isinstance(each, inspect.NoneType)]
            check = check_of(others[0]) if len(others) == 1 else None
            return _check_if_any(check) if check else None
        case inspect.ListType(item_type=item_type) | inspect.VarTupleType(item_type=item_type):
            check = check_of(item_type)
            return _check_each(check) if check else None
        case inspect.StructType(fields=fields):
            checked = [(field.name, field.encode_name, check) for field in fields if (check := check_of(field.type))]
            return _check_members(tuple(checked)) if checked else None
        case _:
            return None


def _fit_one_of(value: Any, types: tuple[inspect.Type, ...]) -> Any:
    others = [each for each in types if not isinstance(each, inspect.NoneType)]
    if value is None and len(others) < len(types):
        return None
    return fit(value, others[0]) if len(others) == 1 else value


def _fit_struct(value: Any, info: inspect.StructType) -> Any:
    if value is None:
        return {}
    if not isinstance(value, dict):
        return value
    by_lower = {name.lower(): name for name in value}
    fitted = {}
    for field in info.fields:
        name = field.encode_name if field.encode_name in value else by_lower.get(field.encode_name.lower())
        if name is not None and (field.required or not _says_nothing(value[name], field.type)):
            fitted[field.encode_name] = fit(value[name], field.type)
    return fitted


def _says_nothing(value: Any, info: inspect.Type) -> bool:
    """Tell whether a member is as good as absent: null where null is no value, an empty text where a number goes."""
    types = info.types if isinstance(info, inspect.UnionType) else (info,)
    if value is None:
        return not any(isinstance(each, inspect.NoneType | inspect.AnyType | inspect.RawType) for each in types)
    return value == "" and any(isinstance(each, NUMBERS) for each in types)


def _items(value: Any, item_type: inspect.Type) -> Iterable[Any] | None:
    """Return what an array has, None for an object that is none: taken for one, all that it says would be lost."""
    if value is None or isinstance(value, list):
        return value or ()
    if not isinstance(value, dict) or _is_one(value, item_type):
        return (value,)
    # PHP writes an array with gaps as an object of numbers, and one without anything as it likes.
    return value.values() if all(name.isdecimal() for name in value) else None


def _is_one(value: dict[str, Any], info: inspect.Type) -> bool:
    if isinstance(info, inspect.UnionType):
        return any(_is_one(value, each) for each in info.types)
    if not isinstance(info, inspect.StructType):
        return isinstance(info, inspect.AnyType | inspect.RawType | inspect.DictType)
    return not {field.encode_name.lower() for field in info.fields}.isdisjoint(name.lower() for name in value)


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _check_integer(value: int, name: str) -> None:
    if not -LARGEST_ID <= value <= LARGEST_ID:
        raise InvalidArgument(f"{name}: a number has at most 32 bits.")


def _check_if_any(check: Check) -> Check:
    def check_optional(value: Any, name: str) -> None:
        if value is not None:
            check(value, name)

    return check_optional


def _check_each(check: Check) -> Check:
    def check_items(values: Any, name: str) -> None:
        for value in values:
            check(value, name)

    return check_items


def _check_members(members: tuple[tuple[str, str, Check], ...]) -> Check:
    def check_struct(value: Any, name: str) -> None:
        del name
        for attribute, member, check in members:
            check(getattr(value, attribute), member)

    return check_struct
