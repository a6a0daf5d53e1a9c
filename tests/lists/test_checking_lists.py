"""What the settings of a list may be."""

import pytest

from staffetta.errors import InvalidArgument
from staffetta.lists import ListSettings, add_list, change_list, get_list
from staffetta.lists.checking import check_settings
from trying import NOON

SOUND = [
    {"sender_email": "jane@example.com", "reply_to": "", "notify_email": " boss@example.com "},
    {"bounced_email": None},
    {"bounced_email": "è@esempio.example"},
    {"country_code": "IT"},
    {"country_code": ""},
    {"time_zone_code": "UTC-11:00.0"},
    {"format": "text"},
    {"scope_code": 2},
    {"kb_max": 1},
    {"charset": "iso-8859-1"},
    {"sms_sender_name": "SMSText"},
    {"sms_sender_name": "+393351234567"},
    {"sms_sender_name": ""},
    {"default_prefix": "001"},
    {"default_prefix": "+39"},
    {"multi_optout_list": "1, 2;3"},
    {"link_tracking_parameters": "utm_source=list&utm_medium=email"},
    {"disclaimer": '<a href="http://example.com/policy">Policy</a>\n' * 80},
]
UNSOUND = [
    ("sender_email", "nobody", "sender email: not an email address"),
    ("reply_to", "a@b", "reply to: not an email address"),
    ("notify_email", "a b@example.com", "notify email"),
    ("bounced_email", "@example.com", "bounced email"),
    ("country_code", "ZQ", "country"),
    ("country_code", "Italy", "country"),
    ("time_zone_code", "Europe/Rome", "TimeZones"),
    ("format", "xml", "html or text"),
    ("scope_code", 3, "scope"),
    ("scope_code", -1, "scope"),
    ("kb_max", 0, "kilobytes"),
    ("kb_max", 2**31, "kilobytes"),
    ("charset", "UTF 8", "character set"),
    ("sms_sender_name", "twelve chars", "11 letters"),
    ("sms_sender_name", "ABCDEFGHIJKL", "11 letters"),
    ("sms_sender_name", "a-b", "11 letters"),
    ("default_prefix", "Italy", "prefix"),
    ("multi_optout_list", "1,,2", "ids"),
    ("multi_optout_list", "0", "ids"),
    ("multi_optout_list", "all", "ids"),
    ("link_tracking_parameters", "?utm_source=list", "question mark"),
    ("description", "x" * 4001, "description: at most 4000"),
    ("address", "nul\0", "address: not text"),
    ("company_name", "\udc80", "company name: not text"),
]


@pytest.mark.parametrize("given", SOUND)
def test_what_the_seed_allows_is_kept(tx, given):
    changed = change_list(tx, 1, settings=ListSettings(**given))

    assert get_list(tx, 1) == changed
    assert changed.settings == ListSettings(**given)


@pytest.mark.parametrize(("name", "value", "reason"), UNSOUND)
def test_what_it_does_not_is_refused_with_the_reason(name, value, reason):
    with pytest.raises(InvalidArgument, match=reason):
        check_settings(ListSettings(**{name: value}))


def test_a_list_is_neither_made_nor_changed_with_settings_that_are_none(tx):
    before = get_list(tx, 1)

    with pytest.raises(InvalidArgument):
        add_list(tx, "News", now=NOON, settings=ListSettings(format="pdf"))
    with pytest.raises(InvalidArgument):
        change_list(tx, 1, name="New", settings=ListSettings(format="pdf"))
    assert get_list(tx, 1) == before
