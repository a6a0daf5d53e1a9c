import pytest

from access.accessing import make_application
from staffetta.access import (
    PROVISIONING,
    UnknownApplication,
    get_application,
    grant_feature,
    list_applications,
    named_application,
    set_plan,
    withdraw_feature,
)
from staffetta.accounts import Plan
from staffetta.errors import InvalidArgument

PLAN = Plan(trial_days=14, monthly_messages=1_000, features=("rest", "soap"), white_label=True)


@pytest.fixture
def other(connection):
    """The client id of another application."""
    return make_application(connection, name="Other").application.client_id


def test_a_feature_is_granted_and_withdrawn_and_a_repeat_changes_nothing(connection, client_id, other):
    assert get_application(connection, client_id).features == ()

    grant_feature(connection, client_id, PROVISIONING)
    grant_feature(connection, client_id, PROVISIONING)

    assert get_application(connection, client_id).features == (PROVISIONING,)
    assert get_application(connection, other).features == ()

    withdraw_feature(connection, client_id, PROVISIONING)
    withdraw_feature(connection, client_id, PROVISIONING)

    assert get_application(connection, client_id).features == ()


def test_other_features_stay_as_they_are(connection):
    client_id = make_application(connection, features=("ResponsiveEditor",)).application.client_id

    grant_feature(connection, client_id, PROVISIONING)
    assert get_application(connection, client_id).features == ("ResponsiveEditor", PROVISIONING)

    withdraw_feature(connection, client_id, PROVISIONING)
    assert get_application(connection, client_id).features == ("ResponsiveEditor",)


@pytest.mark.parametrize("change", [grant_feature, withdraw_feature])
def test_a_feature_that_there_is_not_is_neither_granted_nor_withdrawn(connection, client_id, change):
    with pytest.raises(InvalidArgument):
        change(connection, client_id, "flying")
    with pytest.raises(UnknownApplication):
        change(connection, "nobody", PROVISIONING)


def test_an_application_asks_for_accounts_of_its_plan(connection, client_id, other):
    assert get_application(connection, client_id).plan == Plan()

    set_plan(connection, client_id, PLAN)

    assert get_application(connection, client_id).plan == PLAN
    assert get_application(connection, other).plan == Plan()
    assert {each.client_id: each.plan for each in list_applications(connection)} == {client_id: PLAN, other: Plan()}


@pytest.mark.parametrize(
    "plan",
    [Plan(trial_days=-1), Plan(trial_days=36_501), Plan(monthly_messages=-1), Plan(features=("rest", "flying"))],
)
def test_what_cannot_be_a_plan_is_refused(connection, client_id, plan):
    with pytest.raises(InvalidArgument):
        set_plan(connection, client_id, plan)

    assert get_application(connection, client_id).plan == Plan()


def test_an_application_is_named_by_its_id_or_by_a_name_of_its_own(connection, client_id, other):
    assert named_application(connection, client_id).client_id == client_id
    assert named_application(connection, " Other ").client_id == other

    make_application(connection, name="Other")

    with pytest.raises(InvalidArgument):
        named_application(connection, "Other")
    for name in ("Nobody", "", "x" * 200):
        with pytest.raises(UnknownApplication):
            named_application(connection, name)
