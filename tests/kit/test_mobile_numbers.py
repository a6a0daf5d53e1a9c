import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.errors import InvalidArgument
from staffetta.kit.phones import MobileNumber


@pytest.mark.parametrize(
    ("text", "prefix", "default_prefix", "digits"),
    [
        ("+393351234567", "", "0039", "393351234567"),
        ("00393351234567", "", "0039", "393351234567"),
        (" 393351234567", "", "0039", "393351234567"),  # a plus sign in a query that was not escaped
        ("393351234567", "", "0039", "393351234567"),
        ("3351234567", "", "0039", "393351234567"),
        ("335 123-45.67", "", "0039", "393351234567"),
        ("+39 (335) 123/4567", "", "0039", "393351234567"),
        ("+0039 335 1234567", "", "0039", "393351234567"),
        ("2025550123", "001", "0039", "12025550123"),
        ("2025550123", "+1", "0039", "12025550123"),
        ("2025550123", "1", "0039", "12025550123"),
        ("+12025550123", "0039", "0039", "12025550123"),
        ("0012025550123", "0039", "0039", "12025550123"),
        ("07911123456", "", "0044", "4407911123456"),
        ("447911123456", "", "0039", "447911123456"),
        ("33612345678", "", "0039", "33612345678"),
        # A whole number of Belgium as well, without a plus sign: a mobile number of the list's country comes first.
        ("3281234567", "", "0039", "393281234567"),
        ("3271234567", "", "0039", "393271234567"),
        ("+3281234567", "", "0039", "3281234567"),
        ("3281234567", "", "0032", "3281234567"),
    ],
)
def test_a_number_is_understood_in_every_spelling(text, prefix, default_prefix, digits):
    assert MobileNumber.parse(text, prefix=prefix, default_prefix=default_prefix).digits == digits


@pytest.mark.parametrize(
    "text", ["", " ", "+", "00", "abc", "+39abc3351234567", "12", "+1234567890123456", "٣٣٥١٢٣٤٥٦٧"]
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(InvalidArgument):
        MobileNumber.parse(text)


@pytest.mark.parametrize(
    ("text", "prefix", "national"),
    [
        ("+393351234567", "0039", "3351234567"),
        ("+12025550123", "001", "2025550123"),
        ("+351912345678", "00351", "912345678"),
        ("+999123456", "00", "999123456"),
    ],
)
def test_a_number_shows_its_country_code(text, prefix, national):
    number = MobileNumber.parse(text)

    assert (number.prefix, number.national, str(number)) == (prefix, national, text)


@given(st.text(max_size=30), st.text(max_size=6), st.text(max_size=6))
def test_no_text_does_more_than_be_refused(text, prefix, default_prefix):
    try:
        number = MobileNumber.parse(text, prefix=prefix, default_prefix=default_prefix)
    except InvalidArgument:
        return

    assert number.digits.isdigit()
    assert MobileNumber.parse(f"+{number.digits}").digits.endswith(number.digits.lstrip("0")[-6:])


def test_a_number_that_was_read_is_read_the_same_again():
    number = MobileNumber.parse("335 123 4567")

    assert MobileNumber.parse(str(number)) == number
