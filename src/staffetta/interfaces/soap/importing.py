"""WSMailUpImport: lists, groups, and people by the thousand; user and password with every call (contract 3)."""

from collections.abc import Awaitable, Callable
from functools import wraps

from staffetta.accounts import Account, ImportPrologue, Service, account_of_host
from staffetta.errors import Refusal, ResourceExhausted
from staffetta.interfaces.policy import Family
from staffetta.interfaces.soap.calls import Call
from staffetta.interfaces.soap.declaring import parameters_of
from staffetta.interfaces.soap.faults import record
from staffetta.interfaces.soap.import_answers import PROLOGUES, Code, Coded, message
from staffetta.interfaces.soap.import_lists import (
    create_group,
    get_id_user,
    get_id_ws_user,
    get_nl_lists,
    get_nl_lists_user,
)
from staffetta.interfaces.soap.import_processes import (
    get_process_details,
    new_import_process,
    start_import_processes,
    start_process,
)
from staffetta.interfaces.soap.services import Operation, SoapService
from staffetta.interfaces.web_credentials import ServiceRefused

Handler = Callable[[Call], Awaitable[str]]

LIST = "idList int, listGUID"
FLAGS = "asPending bool, ConfirmEmail bool, asOptOut bool, forceOptIn bool, replaceGroups bool"


def answered(handler: Callable[[Call, Account], Awaitable[str]], unrecognised: Code) -> Handler:
    """Return a handler that lets callers in and answers with a code, whatever comes of it.

    `unrecognised` is the code of refusals that have none, and of failures of ours: plugins show what a code means, and
    swallow faults (contract 3.1).
    """

    @wraps(handler)
    async def answer(call: Call) -> str:
        prologue, failure = ImportPrologue.UTF_8, Code.UNRECOGNISED
        try:
            account = await _account(call)
            prologue, failure = account.options.soap_import_prologue, unrecognised
            await call.platform.policy.admit(account.id, Family.SOAP, call.operation)
            document = await handler(call, account)
        except (ServiceRefused, Coded) as refusal:
            document = message(refusal.code)
        except ResourceExhausted:  # of the API use policy (contract 15.20)
            document = message(Code.UNRECOGNISED)
        except Refusal:
            document = message(failure)
        except Exception as error:  # noqa: BLE001 - the outermost layer of a service that has codes for failures
            record(error, call.operation)
            document = message(failure)
        return PROLOGUES[prologue] + document

    return answer


async def _account(call: Call) -> Account:
    """Return the account that calls; which of them a shared host is asked for, the login alone says."""
    host_account = await account_of_host(call.platform.database, call.host)
    return await call.web_credentials.service_account(
        call.credentials, host_account=host_account, service=Service.IMPORT, ip=call.ip
    )


def _operation(
    name: str, handler: Callable[[Call, Account], Awaitable[str]], unrecognised: Code, written: str = ""
) -> Operation:
    return Operation(name, answered(handler, unrecognised), parameters_of(written) if written else ())


IMPORT = SoapService(
    name="WSMailUpImport",
    namespace="http://ws.mailupnet.it/",
    paths=("/Services/WSMailupImport.asmx",),
    documentation="MailUp WebService for subscribers import.",
    operations=(
        _operation("GetIdWsUser", get_id_ws_user, Code.UNRECOGNISED),
        _operation("GetIdUser", get_id_user, Code.UNRECOGNISED, "userName"),
        _operation("GetNlLists", get_nl_lists, Code.NOT_SHOWN),
        _operation("GetNlListsUser", get_nl_lists_user, Code.NOT_SHOWN, "userId int"),
        _operation("CreateGroup", create_group, Code.GROUP_NOT_MADE, f"{LIST}, newGroupName"),
        _operation(
            "NewImportProcess",
            new_import_process,
            Code.NOT_IMPORTED,
            f"{LIST}, xmlDoc, idGroups, importType int, mobileInputType int, {FLAGS}, idConfirmNL int",
        ),
        _operation(
            "StartImportProcesses",
            start_import_processes,
            Code.NOT_IMPORTED,
            f"listsIDs, listsGUIDs, xmlDoc, groupsIDs, importType int, mobileInputType int, {FLAGS}",
        ),
        _operation("StartProcess", start_process, Code.NOT_STARTED, f"{LIST}, idProcess int"),
        _operation("GetProcessDetails", get_process_details, Code.NO_DETAILS, f"{LIST}, idProcess int"),
    ),
    authenticates=True,
    over_http=True,
)
