"""Countries and time zones on the wire."""

import msgspec


class Country(msgspec.Struct, frozen=True):
    """A country that a list can be of."""

    CountryCode: str
    CountryName: str


class TimeZone(msgspec.Struct, frozen=True):
    """A time zone that a list can be in."""

    OffsetFromUTC: str
    TimeZoneCode: str
    TimeZoneDescription: str
    TimeZoneName: str
