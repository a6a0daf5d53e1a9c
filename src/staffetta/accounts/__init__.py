"""Accounts: who uses the platform, under which hosts and logins, in which state, and who may call what."""

from staffetta.accounts.directory import Directory, UnknownAccount, account_of_host, directory, get_account, host_only
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
    "account_of_host",
    "add_host",
    "change_options",
    "change_service",
    "change_state",
    "create_account",
    "directory",
    "forget_network",
    "get_account",
    "host_only",
    "parse_service",
    "register_network",
]
