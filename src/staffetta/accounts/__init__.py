"""Accounts: who uses the platform, under which hosts and logins, in which state, and who may call what."""

from staffetta.accounts.directory import Directory, UnknownAccount, directory, account_of_host, get_account, host_only
from staffetta.accounts.model import (
    DEFAULT_FIELDS,
    Account,
    AccountClosed,
    AccountOptions,
    AccountState,
    AddressNotRegistered,
    ReturnCodeWhenAbsent,
    Service,
    ServiceDisabled,
    ServiceRules,
    parse_service,
)
from staffetta.accounts.opening import (
    AccountExists,
    add_host,
    change_options,
    change_service,
    change_state,
    create_account,
    forget_network,
    register_network,
)

__all__ = [
    "DEFAULT_FIELDS",
    "Account",
    "AccountClosed",
    "AccountExists",
    "AccountOptions",
    "AccountState",
    "AddressNotRegistered",
    "Directory",
    "ReturnCodeWhenAbsent",
    "Service",
    "ServiceDisabled",
    "ServiceRules",
    "UnknownAccount",
    "add_host",
    "change_options",
    "change_service",
    "change_state",
    "create_account",
    "directory",
    "account_of_host",
    "forget_network",
    "get_account",
    "host_only",
    "parse_service",
    "register_network",
]
