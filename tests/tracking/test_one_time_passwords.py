import re

import pytest

from staffetta.tracking import Signer, new_nonce, one_time_password

OLD = Signer({1: b"k" * 32})
BOTH = Signer({1: b"k" * 32, 2: b"n" * 32})


def test_a_password_is_four_groups_of_characters_that_nobody_misreads():
    passwords = [one_time_password(OLD, "m7", new_nonce(OLD)) for _ in range(200)]

    assert all(re.fullmatch(r"[a-hjkmnp-z2-9]{4}(-[a-hjkmnp-z2-9]{4}){3}", password) for password in passwords)
    assert len(set(passwords)) == 200


def test_the_same_login_and_nonce_make_the_same_password_and_others_another():
    nonce = new_nonce(OLD)

    password = one_time_password(OLD, "m7", nonce)

    assert one_time_password(OLD, "m7", nonce) == password
    assert one_time_password(OLD, "m8", nonce) != password
    assert one_time_password(OLD, "m7", f"{nonce}x") != password
    assert one_time_password(Signer({1: b"o" * 32}), "m7", nonce) != password


def test_a_key_that_changes_before_the_mail_is_written_changes_no_password():
    nonce = new_nonce(OLD)

    assert one_time_password(BOTH, "m7", nonce) == one_time_password(OLD, "m7", nonce)


def test_a_nonce_that_names_no_key_is_of_the_newest():
    assert one_time_password(BOTH, "m7", "abc") == one_time_password(Signer({2: b"n" * 32}), "m7", "abc")


def test_a_nonce_of_a_key_that_is_gone_makes_no_password():
    nonce = new_nonce(BOTH)

    with pytest.raises(KeyError):
        one_time_password(OLD, "m7", nonce)
