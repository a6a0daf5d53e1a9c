"""What an application may do beyond the ordinary, and which plan the accounts get that it asks for."""

from staffetta.access import queries
from staffetta.access.applications import get_application
from staffetta.access.model import FEATURES
from staffetta.accounts import Feature, Plan
from staffetta.db import Connection
from staffetta.errors import InvalidArgument

# A hundred years, and more mail than a month has time for: nobody means more.
MOST_TRIAL_DAYS = 36_500
MOST_MESSAGES = 2**31 - 1


def grant_feature(connection: Connection, client_id: str, feature: str) -> None:
    """Let an application use a feature; a repeat changes nothing.

    Raises:
        UnknownApplication: there is none of this client id.
        InvalidArgument: there is no such feature.

    """
    _check_feature(feature)
    queries.lock_application(connection, client_id)
    features = get_application(connection, client_id).features
    if feature not in features:
        queries.set_features(connection, client_id, (*features, feature))


def withdraw_feature(connection: Connection, client_id: str, feature: str) -> None:
    """Let an application use a feature no longer; a repeat changes nothing. Raises as `grant_feature` does."""
    _check_feature(feature)
    queries.lock_application(connection, client_id)
    features = get_application(connection, client_id).features
    queries.set_features(connection, client_id, tuple(each for each in features if each != feature))


def set_plan(connection: Connection, client_id: str, plan: Plan) -> None:
    """Set the plan of the accounts that an application asks for; those that there are keep theirs.

    Raises:
        UnknownApplication: there is none of this client id.
        InvalidArgument: the plan has a number out of range, or a family of calls that there is not.

    """
    if not 0 <= plan.trial_days <= MOST_TRIAL_DAYS or not 0 <= plan.monthly_messages <= MOST_MESSAGES:
        raise InvalidArgument(
            f"a plan has 0 to {MOST_TRIAL_DAYS} trial days and 0 to {MOST_MESSAGES} messages a month; 0 is no end"
        )
    unknown = set(plan.features) - set(Feature)
    if unknown:
        raise InvalidArgument(f"a plan's features are among {', '.join(Feature)}")
    get_application(connection, client_id)
    queries.set_plan(connection, client_id, plan)


def _check_feature(feature: str) -> None:
    if feature not in FEATURES:
        raise InvalidArgument(f"{feature!r} is none of {', '.join(FEATURES)}")
