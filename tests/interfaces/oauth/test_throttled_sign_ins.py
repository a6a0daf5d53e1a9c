from staffetta.interfaces.throttles import Throttles
from staffetta.settings import Settings

SETTINGS = Settings(sign_in_failures_per_login=3, sign_in_failures_per_network=5)


def test_a_login_is_locked_after_so_many_failures_from_wherever_they_come():
    throttles = Throttles(SETTINGS)

    for number in range(3):
        assert throttles.seconds_until_sign_in("m7", f"198.51.{number}.0/24") == 0
        throttles.sign_in_failed("m7", f"198.51.{number}.0/24")

    assert 0 < throttles.seconds_until_sign_in("m7", "203.0.113.0/24") <= 15 * 60
    assert throttles.seconds_until_sign_in("m8", "203.0.113.0/24") == 0


def test_a_network_is_locked_after_so_many_failures_by_whatever_logins():
    throttles = Throttles(SETTINGS)

    for number in range(5):
        throttles.sign_in_failed(f"m{number}", "198.51.100.0/24")

    assert throttles.seconds_until_sign_in("m9", "198.51.100.0/24") > 0
    assert throttles.seconds_until_sign_in("m9", "203.0.113.0/24") == 0


def test_callers_without_an_address_are_not_locked_for_one_another():
    throttles = Throttles(SETTINGS)

    for number in range(9):
        throttles.sign_in_failed(f"m{number}", "")

    assert throttles.seconds_until_sign_in("a1", "") == 0


def test_nothing_is_locked_where_throttles_are_off():
    throttles = Throttles(Settings(limits="off", sign_in_failures_per_login=1))

    throttles.sign_in_failed("m7", "198.51.100.0/24")

    assert throttles.seconds_until_sign_in("m7", "198.51.100.0/24") == 0
