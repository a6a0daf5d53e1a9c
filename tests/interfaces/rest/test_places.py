from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from babel.core import get_global

from staffetta.kit.places import countries, is_country, is_time_zone_code, time_zone_of, time_zones
from staffetta.lists import ListSettings

# What CLDR has besides countries: exceptional reservations, groupings and codes for tests.
NO_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"}


async def test_countries_are_a_bare_array_by_name_as_the_documentation_prints_it(rest):
    answer = await rest.get("Console/List/Countries")

    found = answer.json()
    assert answer.status_code == 200
    assert found[:4] == [
        {"CountryCode": "AF", "CountryName": "Afghanistan"},
        {"CountryCode": "AL", "CountryName": "Albania"},
        {"CountryCode": "DZ", "CountryName": "Algeria"},
        {"CountryCode": "AR", "CountryName": "Argentina"},
    ]
    assert found[-3:] == [
        {"CountryCode": "VN", "CountryName": "Vietnam"},
        {"CountryCode": "YE", "CountryName": "Yemen"},
        {"CountryCode": "ZW", "CountryName": "Zimbabwe"},
    ]


async def test_time_zones_are_a_bare_array_as_the_documentation_prints_it(rest):
    answer = await rest.get("Console/TimeZones")

    found = answer.json()
    assert [tuple(zone.values()) for zone in found[:4]] == [
        ("0:00:00", "UTC+00:00.0", "(UTC) Casablanca", "Morocco Standard Time"),
        ("0:00:00", "UTC+00:00.1", "(UTC) Coordinated Universal Time", "UTC"),
        ("0:00:00", "UTC+00:00.2", "(UTC) Dublin, Edinburgh, Lisbon, London", "GMT Standard Time"),
        ("0:00:00", "UTC+00:00.3", "(UTC) Monrovia, Reykjavik", "Greenwich Standard Time"),
    ]
    assert found[-2:] == [
        {
            "OffsetFromUTC": "-11:00:00",
            "TimeZoneCode": "UTC-11:00.0",
            "TimeZoneDescription": "(UTC-11:00) Coordinated Universal Time-11",
            "TimeZoneName": "UTC-11",
        },
        {
            "OffsetFromUTC": "-12:00:00",
            "TimeZoneCode": "UTC-12:00.0",
            "TimeZoneDescription": "(UTC-12:00) International Date Line West",
            "TimeZoneName": "Dateline Standard Time",
        },
    ]


def test_listed_countries_stand_by_name_and_are_countries():
    names = [country.name.replace("ô", "o").replace("é", "e") for country in countries()]

    assert names == sorted(names, key=str.lower)
    assert all(is_country(country.code) for country in countries())
    assert len({country.code for country in countries()}) == len(countries())


@pytest.mark.parametrize("code", sorted(code for code in Locale("en").territories if len(code) == 2 and code.isalpha()))
def test_every_code_of_iso_3166_is_a_country(code):
    assert is_country(code) is (code not in NO_COUNTRIES)
    assert is_country(code.lower()) is is_country(code)


@pytest.mark.parametrize("code", ["", "I", "ITA", "039", "Italy"])
def test_what_is_no_code_is_no_country(code):
    assert not is_country(code)


def test_time_zones_go_eastward_from_utc_and_then_westward():
    offsets = list(dict.fromkeys(_offset(zone) for zone in time_zones()))

    east = [offset for offset in offsets if offset >= timedelta(0)]
    west = [offset for offset in offsets if offset < timedelta(0)]

    assert offsets == [*sorted(east), *sorted(west, reverse=True)]


def test_a_code_is_the_offset_and_the_place_among_those_that_share_it():
    codes = [zone.code for zone in time_zones()]

    assert len(set(codes)) == len(codes)
    assert ("UTC+05:30.0", "5:30:00") in [(zone.code, zone.offset) for zone in time_zones()]
    assert ("UTC-03:30.0", "-3:30:00") in [(zone.code, zone.offset) for zone in time_zones()]


@pytest.mark.parametrize("zone", time_zones(), ids=lambda zone: zone.name)
def test_every_time_zone_is_known_to_iana_by_the_name_that_cldr_gives(zone):
    assert zone.iana_name == get_global("windows_zone_mapping")[zone.name]
    assert ZoneInfo(zone.iana_name).key == time_zone_of(zone.code)


def test_the_time_zone_of_a_new_list_is_one():
    assert time_zone_of(ListSettings().time_zone_code) == "Europe/Berlin"


@pytest.mark.parametrize("code", ["", "UTC", "UTC+01:00", "UTC+01:00.99", "Europe/Rome"])
def test_what_is_no_code_is_no_time_zone(code):
    assert not is_time_zone_code(code)
    assert time_zone_of(code) is None


def _offset(zone):
    hours, minutes, seconds = zone.offset.lstrip("-").split(":")
    size = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
    return -size if zone.offset.startswith("-") else size
