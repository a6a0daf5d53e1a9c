"""Every endpoint of the REST services, in the order of the reference page."""

from staffetta.interfaces.rest import (
    account,
    attachments,
    deprecated_lists,
    fields,
    groups,
    images,
    imports,
    lists,
    membership,
    message_templates,
    messages,
    places,
    preflight,
    provisioning,
    recipients,
    senders,
    sendings,
    tags,
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
    *attachments.ENDPOINTS,
    *tags.ENDPOINTS,
    *images.ENDPOINTS,
    *message_templates.ENDPOINTS,
    *sendings.ENDPOINTS,
    *preflight.ENDPOINTS,
    *provisioning.ENDPOINTS,
)
