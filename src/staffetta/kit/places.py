"""Countries and time zones by the codes that the protocol gives them; the zones are Windows' own."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple


class Country(NamedTuple):
    """A country: its code by ISO 3166-1 and its English name."""

    code: str
    name: str


class TimeZone(NamedTuple):
    """A time zone of Windows. `code` is the offset from UTC and the place among those that share it."""

    code: str
    name: str
    description: str
    offset: str
    iana_name: str


@cache
def countries() -> tuple[Country, ...]:
    """Return the countries to choose from, by name: those that the protocol has always listed."""
    return tuple(Country(code, name) for code, name in _load("countries")["listed"].items())


def is_country(code: str) -> bool:
    """Tell whether a code is a country's by ISO 3166-1, listed or not, in any case."""
    return code.upper() in _country_codes()


@cache
def time_zones() -> tuple[TimeZone, ...]:
    """Return the time zones to choose from: those of UTC itself, then eastward, then westward."""
    return tuple(
        _time_zone(offset, ordinal, *entry)
        for offset, entries in _load("time_zones").items()
        for ordinal, entry in enumerate(entries)
    )


def is_time_zone_code(code: str) -> bool:
    """Tell whether a code such as `UTC+01:00.0` is a time zone's."""
    return code in _time_zones_by_code()


def time_zone_of(code: str) -> str | None:
    """Return the IANA name of a time zone, None where no zone has the code."""
    zone = _time_zones_by_code().get(code)
    return zone.iana_name if zone else None


def _time_zone(offset: str, ordinal: int, name: str, places: str, iana_name: str) -> TimeZone:
    sign, hours, minutes = offset[0].strip("+"), int(offset[1:3]), offset[4:]
    return TimeZone(
        code=f"UTC{offset}.{ordinal}",
        name=name,
        description=f"({'UTC' if offset == '+00:00' else f'UTC{offset}'}) {places}",
        offset=f"{sign}{hours}:{minutes}:00",
        iana_name=iana_name,
    )


@cache
def _country_codes() -> frozenset[str]:
    return frozenset(_load("countries")["codes"])


@cache
def _time_zones_by_code() -> Mapping[str, TimeZone]:
    return {zone.code: zone for zone in time_zones()}


def _load(name: str) -> Mapping[str, Any]:
    return tomllib.loads(files("staffetta.kit").joinpath(f"{name}.toml").read_text("utf-8"))
