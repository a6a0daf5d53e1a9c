"""Countries and time zones, whose codes the settings of a list name: the same for every account."""

from functools import cache

from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint
from staffetta.interfaces.rest.wire.places import Country, TimeZone
from staffetta.kit import places


async def read_countries(call: Call) -> list[Country]:  # noqa: ARG001 - what every handler takes
    """Return the countries, by name."""
    return _countries()


async def read_time_zones(call: Call) -> list[TimeZone]:  # noqa: ARG001 - what every handler takes
    """Return the time zones: those of UTC itself, then eastward, then westward."""
    return _time_zones()


@cache
def _countries() -> list[Country]:
    return [Country(CountryCode=country.code, CountryName=country.name) for country in places.countries()]


@cache
def _time_zones() -> list[TimeZone]:
    return [
        TimeZone(
            OffsetFromUTC=zone.offset,
            TimeZoneCode=zone.code,
            TimeZoneDescription=zone.description,
            TimeZoneName=zone.name,
        )
        for zone in places.time_zones()
    ]


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="L1",
        method="GET",
        path="Console/List/Countries",
        summary="Read the country codes that a list's settings take",
        handler=read_countries,
        answer=list[Country],
    ),
    Endpoint(
        id="L2",
        method="GET",
        path="Console/TimeZones",
        summary="Read the time zone codes that a list's settings take",
        handler=read_time_zones,
        answer=list[TimeZone],
    ),
)
