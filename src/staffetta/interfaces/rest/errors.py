"""How the REST services refuse: the error object, and the status of each family of refusal (contract 4.1)."""

from http import HTTPStatus

import msgspec

from staffetta.access import ApplicationBlocked, UnknownToken
from staffetta.accounts import AccountClosed, AccountState, FeatureNotInPlan
from staffetta.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied, Refusal, ResourceExhausted
from staffetta.interfaces.parameters import BodyTooLarge, BodyTooSlow
from staffetta.interfaces.passwords import Locked


class ErrorObject(msgspec.Struct, frozen=True):
    """What every answer from status 400 says, in this order."""

    ErrorCode: str
    ErrorDescription: str
    ErrorName: str | None
    ErrorStack: str | None = None


class MissingIfMatch(PermissionDenied):
    """The call needs an If-Match header; `stack` is `""` where the resource says so instead of null."""

    def __init__(self, text: str = "Missing If-Match header.", *, stack: str | None = None) -> None:
        super().__init__(text)
        self.error_stack = stack


class WrongIfMatch(FailedPrecondition):
    """The If-Match header names something else."""

    def __init__(self, text: str, *, stack: str | None = None) -> None:
        super().__init__(text)
        self.error_stack = stack


class Unauthorized(PermissionDenied):
    """The call has no access token that is good for anything; `challenge` says what it needs (RFC 9110 §11.6.1)."""

    challenge = "Bearer"

    def __init__(self, text: str = "Authorization error: Access token is expired") -> None:
        super().__init__(text)


class WrongCredentials(Unauthorized):
    """The call has no id and secret of an application."""

    challenge = 'Basic realm="PublicService", charset="UTF-8"'

    def __init__(self) -> None:
        super().__init__("Authorization error: ClientId and ClientSecret are not those of an application")


class FeatureNotGranted(PermissionDenied):
    """The application may not use the resource."""

    def __init__(self, feature: str) -> None:
        super().__init__(f"Authorization error: the feature {feature} is not enabled for this application.")


class MethodNotAllowed(InvalidArgument):
    """The resource has no such verb; `allowed` are those it has."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__(f"This resource allows {', '.join(allowed)} only.")
        self.allowed = allowed


class TooManyCalls(ResourceExhausted):
    """The user calls a resource more often than is allowed; the blank before the comma is documented so."""

    def __init__(self, *, most: int, actual: int, seconds: int = 1) -> None:
        unit = "second" if seconds == 1 else f"{seconds} seconds"
        super().__init__(
            "Authorization error (too_many_requests): Too many requests. "
            f"Max:{most} calls per {unit} , actual:{actual}."
        )


class DocumentedFailure(FailedPrecondition):
    """What the documentation answers with 500, although it is the caller's doing."""


# The first that fits. A body that is too large or too slow is not told as 413 or 408: clients know no such errors.
STATUSES: tuple[tuple[type[Refusal], HTTPStatus], ...] = (
    (Unauthorized, HTTPStatus.UNAUTHORIZED),
    (UnknownToken, HTTPStatus.UNAUTHORIZED),
    (MethodNotAllowed, HTTPStatus.METHOD_NOT_ALLOWED),
    (WrongIfMatch, HTTPStatus.PRECONDITION_FAILED),
    (DocumentedFailure, HTTPStatus.INTERNAL_SERVER_ERROR),
    (BodyTooLarge, HTTPStatus.BAD_REQUEST),
    (BodyTooSlow, HTTPStatus.BAD_REQUEST),
    (InvalidArgument, HTTPStatus.BAD_REQUEST),
    (PermissionDenied, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (FailedPrecondition, HTTPStatus.BAD_REQUEST),
    (ResourceExhausted, HTTPStatus.TOO_MANY_REQUESTS),
    (Refusal, HTTPStatus.BAD_REQUEST),
)

# As .NET names them; for 429 it had no name.
NAMES: dict[HTTPStatus, str | None] = {
    HTTPStatus.BAD_REQUEST: "BadRequest",
    HTTPStatus.UNAUTHORIZED: "Unauthorized",
    HTTPStatus.FORBIDDEN: "Forbidden",
    HTTPStatus.NOT_FOUND: "NotFound",
    HTTPStatus.METHOD_NOT_ALLOWED: "MethodNotAllowed",
    HTTPStatus.PRECONDITION_FAILED: "PreconditionFailed",
    HTTPStatus.TOO_MANY_REQUESTS: None,
    HTTPStatus.INTERNAL_SERVER_ERROR: "InternalServerError",
    HTTPStatus.SERVICE_UNAVAILABLE: "ServiceUnavailable",
}

TERMS = "Authorization error: Contract not signed, please login in console and accept terms of service."


# Refusals whose own text says nothing of what they are about.
EXPLAINED = (ApplicationBlocked, FeatureNotInPlan)


def status_of(refusal: Refusal) -> HTTPStatus:
    """Return the status that a refusal is answered with."""
    return next(status for family, status in STATUSES if isinstance(refusal, family))


def error_object(status: HTTPStatus, text: str, *, stack: str | None = None) -> ErrorObject:
    """Return the error object of a status."""
    return ErrorObject(str(status.value), text, NAMES[status], stack)


def error_of(refusal: Refusal) -> tuple[HTTPStatus, ErrorObject]:
    """Return how a refusal is answered: with its own text, but for those whose text is documented."""
    status = status_of(refusal)
    if isinstance(refusal, UnknownToken):
        refusal = Unauthorized()
    text = str(refusal)
    if isinstance(refusal, AccountClosed):
        text = TERMS if refusal.state == AccountState.TERMS_NOT_ACCEPTED else f"Authorization error: {text}."
    elif isinstance(refusal, EXPLAINED):
        text = f"Authorization error: {text}."
    elif isinstance(refusal, Locked):
        text = f"Authorization error (too_many_requests): {text}; wait {refusal.seconds} seconds."
    return status, error_object(status, text, stack=getattr(refusal, "error_stack", None))
