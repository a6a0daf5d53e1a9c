"""TrialActivation: an application asks for an account, and asks how far it is (seed on account provisioning)."""

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from random import Random, SystemRandom
from typing import Final

from staffetta.access import PROVISIONING
from staffetta.errors import InvalidArgument, ResourceExhausted
from staffetta.interfaces.clients import network_of
from staffetta.interfaces.rest.calls import ApplicationCall
from staffetta.interfaces.rest.endpoints import By, Endpoint, Root
from staffetta.interfaces.rest.wire.provisioning import NewTrialActivation, TrialActivation, TrialActivationStatus
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.clock import utc_now
from staffetta.kit.languages import Language
from staffetta.provisioning import (
    FAKE_ID,
    ActivationRequest,
    ActivationState,
    activation_status,
    fake_state,
    is_fake,
    new_hash,
    request_activation,
)

LONGEST_NAME = 100
LONGEST_PHONE = 40
LONGEST_HINT = 300
LONGEST_IP = 64

# The texts of the seed, in ASCII: one client decodes answers as such (contract 2.3).
DESCRIPTIONS: Final[Mapping[ActivationState, str]] = {
    ActivationState.NOT_CONFIRMED: "Not Confirmed",
    ActivationState.CONFIRMED: "Request has been accepted, activation is ready to start",
    ActivationState.PROCESSED: (
        "Your trial has been activated and you'll receive the account credentials in your inbox"
    ),
    ActivationState.ERROR: (
        "An error occurred and an alert has been notified to our support team in order to solve this issue"
    ),
    ActivationState.MANUAL: (
        "The platform is in maintenance mode, your request will be processed as soon as the platform will be restored"
    ),
    ActivationState.IN_PROGRESS: "The trial activation is in progress, soon you'll receive the account credentials",
    ActivationState.BLOCKED: (
        "An error occurred and an alert has been notified to our support team in order to solve this issue"
    ),
    ActivationState.RE_ELABORATED: "The trial activation is in progress, soon you'll receive the account credentials",
}


class TooManyActivations(ResourceExhausted):
    """Too many accounts were asked for from one network."""

    def __init__(self, most: int) -> None:
        super().__init__(
            "Authorization error (too_many_requests): Too many requests. "
            f"Max:{most} activations per hour from one network."
        )


async def activate_trial(call: ApplicationCall) -> TrialActivation:
    """Store a request for an account; a fake one is checked likewise, and nothing comes of it."""
    platform, request = call.platform, _request(call)
    if is_fake(call.body.IpAddress):
        return TrialActivation(new_hash(), FAKE_ID)
    if not platform.throttles.may_activate(network_of(call.ip)):
        raise TooManyActivations(platform.settings.activations_per_network_per_hour)
    requested = await platform.database.write_across(
        request_activation, request, ip_window=platform.settings.activation_ip_window, now=utc_now()
    )
    platform.wake_provisioner()
    return TrialActivation(requested.hash, requested.id)


async def read_status(call: ApplicationCall) -> TrialActivationStatus:
    """Return how far an activation is; of a fake one something that it might be."""
    asked: TrialActivation = call.body
    if asked.Id == FAKE_ID:
        state = fake_state(_random(call.platform.settings.activation_seed))
    else:
        client_id = call.application.client_id
        state = await call.platform.database.read_across(activation_status, asked.Id, asked.Hash, client_id=client_id)
    return TrialActivationStatus(int(state), DESCRIPTIONS[state])


_seeded: dict[int, Random] = {}


def _random(seed: int) -> Random:
    """Return what fake states are drawn by: of one seed each process draws the same."""
    if not seed:
        return SystemRandom()
    return _seeded.setdefault(seed, Random(seed))  # noqa: S311 - for tests, which want it to be predictable


def _request(call: ApplicationCall) -> ActivationRequest:
    body: NewTrialActivation = call.body
    return ActivationRequest(
        client_id=call.application.client_id,
        name=_text("NameAndSurname", body.NameAndSurname, most=LONGEST_NAME),
        company=_text("Company", body.Company, most=LONGEST_NAME),
        email=_email(body.Email),
        phone=_text("PhoneNumber", body.PhoneNumber, most=LONGEST_PHONE),
        language=_language(body.Language),
        caller_ip=_ip(body.IpAddress) or call.ip,
        referer=_hint(body.Referer),
        user_agent=_hint(body.UserAgent),
        is_usa=body.IsUSA,
        newsletter=body.RegisterToNewsletter,
    )


def _text(member: str, given: str, *, most: int) -> str:
    text = given.strip()
    if not text:
        raise InvalidArgument(f"{member} is missing.")
    if len(text) > most:
        raise InvalidArgument(f"{member}: at most {most} characters.")
    # A line break would begin another header of the mail, or another line of a log.
    if not text.isprintable():
        raise InvalidArgument(f"{member}: no line breaks and no control characters.")
    return text


def _email(given: str) -> EmailAddress:
    if not given.strip():
        raise InvalidArgument("Email is missing.")
    try:
        return EmailAddress.parse(given)
    except InvalidArgument as error:
        raise InvalidArgument(f"Email: {error}.") from error


def _language(given: str) -> Language:
    text = given.strip()
    if not text:
        raise InvalidArgument("Language is missing.")
    try:
        return Language(text.lower())
    except ValueError as error:
        raise InvalidArgument(f"Language is one of {', '.join(Language).upper()}.") from error


def _ip(given: str) -> str:
    """Return the applicant's address in its one spelling; "" where none is given."""
    text = given.strip()
    if not text or is_fake(text):
        return text[:LONGEST_IP]
    try:
        address = ip_address(text)
    except ValueError as error:
        raise InvalidArgument("IpAddress: not an IP address.") from error
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def _hint(given: str) -> str:
    """Return what is good to know, and nobody depends on."""
    return "".join(each for each in given if each.isprintable())[:LONGEST_HINT]


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="U1",
        method="POST",
        path="Console/TrialActivation",
        summary="Ask for an account",
        handler=activate_trial,
        body=NewTrialActivation,
        answer=TrialActivation,
        root=Root.PUBLIC,
        by=By.APPLICATION,
        feature=PROVISIONING,
    ),
    Endpoint(
        id="U2",
        method="POST",
        path="Console/TrialActivationStatus",
        summary="Read how far an account is that was asked for",
        handler=read_status,
        body=TrialActivation,
        answer=TrialActivationStatus,
        root=Root.PUBLIC,
        by=By.APPLICATION,
        feature=PROVISIONING,
    ),
)
