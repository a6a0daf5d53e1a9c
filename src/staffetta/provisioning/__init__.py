"""Provisioning: accounts that applications ask for, from the request to the mail with the credentials."""

from staffetta.provisioning.fakes import FAKE_ID, fake_state, is_fake, new_hash
from staffetta.provisioning.model import (
    ActivatedBefore,
    Activation,
    ActivationRequest,
    ActivationState,
    AddressAlreadyUsed,
    NotOperable,
    Requested,
    UnknownActivation,
)
from staffetta.provisioning.operating import (
    begin_maintenance,
    block,
    end_maintenance,
    get_activation,
    in_maintenance,
    list_activations,
    retry,
)
from staffetta.provisioning.performing import console_url
from staffetta.provisioning.requesting import activation_status, request_activation
from staffetta.provisioning.worker import Provisioner

__all__ = [
    "FAKE_ID",
    "ActivatedBefore",
    "Activation",
    "ActivationRequest",
    "ActivationState",
    "AddressAlreadyUsed",
    "NotOperable",
    "Provisioner",
    "Requested",
    "UnknownActivation",
    "activation_status",
    "begin_maintenance",
    "block",
    "console_url",
    "end_maintenance",
    "fake_state",
    "get_activation",
    "in_maintenance",
    "is_fake",
    "list_activations",
    "new_hash",
    "request_activation",
    "retry",
]
