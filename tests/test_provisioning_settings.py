"""The settings of accounts that come about by themselves."""

from datetime import timedelta

import pytest

from staffetta.errors import InvalidArgument
from staffetta.settings import Settings, read_settings


def read(tmp_path, **values):
    return read_settings(
        {"STAFFETTA_HOME": str(tmp_path), **{f"STAFFETTA_{name}": text for name, text in values.items()}}
    )


@pytest.mark.parametrize(
    ("options", "host"),
    [
        ({}, "7.localhost:8080"),
        ({"bind": "0.0.0.0:80"}, "7.localhost"),
        ({"bind": "[::1]:9000"}, "7.localhost:9000"),
        ({"console_host_pattern": "{id}.Example.org"}, "7.example.org"),
        ({"console_host_pattern": "shop-{id}.example.org:8443"}, "shop-7.example.org:8443"),
    ],
)
def test_an_account_s_host_follows_the_pattern(options, host):
    assert Settings(**options).console_host(7) == host


@pytest.mark.parametrize("pattern", ["example.org", "{id}/console", "{id} .example", "{name}.example.org"])
def test_a_pattern_without_the_id_or_that_is_no_host_is_refused(tmp_path, pattern):
    with pytest.raises(InvalidArgument):
        read(tmp_path, CONSOLE_HOST_PATTERN=pattern)


def test_the_newsletter_names_account_and_list(tmp_path):
    assert read(tmp_path, NEWSLETTER="7132/2").newsletter_list == (7132, 2)
    assert read(tmp_path).newsletter_list is None


@pytest.mark.parametrize("text", ["7132", "0/1", "a/b", "7132/"])
def test_another_newsletter_is_refused(tmp_path, text):
    with pytest.raises(InvalidArgument):
        read(tmp_path, NEWSLETTER=text)


def test_one_activation_for_an_address_unless_limits_are_off(tmp_path):
    with pytest.raises(InvalidArgument):
        read(tmp_path, ACTIVATION_IP_WINDOW_DAYS="0")

    assert read(tmp_path, ACTIVATION_IP_WINDOW_DAYS="0", LIMITS="off").activation_ip_window is None
    assert read(tmp_path, LIMITS="off").activation_ip_window >= timedelta(days=36_500)
    assert read(tmp_path, ACTIVATION_IP_WINDOW_DAYS="1").activation_ip_window == timedelta(days=1)
