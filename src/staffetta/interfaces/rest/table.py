"""Every endpoint of the REST services, in the order of the reference page."""

from staffetta.interfaces.rest import (
    account,
    deprecated_lists,
    fields,
    groups,
    imports,
    lists,
    membership,
    messages,
    places,
    provisioning,
    recipients,
    senders,
    sendings,
)
from staffetta.interfaces.rest.endpoints import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    *account.ENDPOINTS,
    *places.ENDPOINTS,
    *lists.ENDPOINTS,
    *deprecated_lists.ENDPOINTS,
    *senders.ENDPOINTS,
    *groups.ENDPOINTS,
    *fields.ENDPOINTS,
    *recipients.ENDPOINTS,
    *membership.ENDPOINTS,
    *imports.ENDPOINTS,
    *messages.ENDPOINTS,
    *sendings.ENDPOINTS,
    *provisioning.ENDPOINTS,
)
