"""Every code of every table of contract 3 and 4 is produced by a call, or named here with the reason why it is not."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, update

from interfaces.frontend.calls import Site
from interfaces.soap.importers import ADA, IP, PASSWORD, Shop, open_shop
from recipients.people import make_list
from staffetta.accounts import OPERATOR, AccountState, Service, change_service, change_state, register_network
from staffetta.db import DatabaseUnavailable, Statement
from staffetta.imports.tables import imports
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.soap.import_answers import Code
from staffetta.interfaces.throttles import Throttles
from staffetta.interfaces.web_credentials import WORDS
from trying import NOON

REFERENCE = Path(__file__).parents[3] / "docs"
SIGNING_IN = {-1000, -1001, -1002, -1003, -1004, -1005, -1006, -1007, -1011, -1012, -1013, -1014}
# The contract's tables: 3.1 for every operation, the pair of id and GUID, 3.2 by operation, and 4.
TABLES: dict[str, set[int]] = {
    "signing in": SIGNING_IN,
    "id and GUID": {-100, -101, -102},
    "GetIdUser": {0, -1001},
    "GetNlLists": {0, -200},
    "CreateGroup": {-300, -301, -302, -303},
    "NewImportProcess": {-400, -401, -402, -403, -410},
    "StartImportProcesses": {0, -401, -450, -601, -602},
    "StartProcess": {0, -600, -601, -602, -603, -604},
    "GetProcessDetails": {0, -500, -501},
    "WSActivation": {0, -2, -4, -8, -16, -30, -101, -1006, -1007, -1008, -1009, -1010}
    | (SIGNING_IN - {-1006, -1007, -1011, -1012}),
}
NEVER: dict[tuple[str, int], str] = {
    ("CreateGroup", -303): "contract 15.2: whoever asks for a group that there is gets its id",
    ("WSActivation", -101): "an activation names no list; the seed's table is shared with other services",
    ("WSActivation", -1007): "an activation is what makes the service active",
    ("WSActivation", -1008): "contract 15.3: a repeated activation answers 0",
    ("WSActivation", -1013): "what is missing is told by -4 and -8",
}
PAIRS = sorted((table, code) for table, codes in TABLES.items() for code in codes)


@dataclass(frozen=True)
class House:
    """An account with a plugin that may import, and the page that activates it."""

    shop: Shop
    site: Site

    def change(self, operation: Callable[..., Any], *arguments: Any, **options: Any) -> None:
        with self.shop.database.transaction(self.shop.account.id) as tx:
            operation(tx, *arguments, **options)

    def service(self, **changed: bool) -> None:
        rules = {"enabled": True, "active": True, "checks_ip": False, **changed}
        self.change(change_service, Service.IMPORT, **rules, by=OPERATOR, now=NOON)

    async def activate(self, **changed: str) -> int:
        account = self.shop.account
        given = {"usr": account.api_user, "pwd": PASSWORD, "nl_url": account.host, "ws_name": "WSMailUpImport"}
        reply = await self.site.request("GET", "WSActivation.aspx", params=given | changed)
        return int(re.findall("<ReturnCode>(-?[0-9]+)</ReturnCode>", reply.text)[0])

    async def sign_in(self) -> int:
        return (await self.shop.call("GetIdWsUser")).code

    async def busy(self, list_id: str) -> list[int]:
        """Return the codes of an import that is started while another of list 1 runs."""
        await self.shop.start()
        return (await self.shop.start(list_ids=list_id)).codes

    async def stored(self) -> int:
        return (await self.shop.store()).code

    def second_list(self) -> int:
        with self.shop.database.transaction(self.shop.account.id) as tx:
            return make_list(tx).id

    def damage(self, import_id: int) -> None:
        """Leave of an import what nobody can read any more."""
        statement = Statement(
            update(imports)
            .where(imports.c.account_id == bindparam("account_id"), imports.c.id == bindparam("wanted"))
            .values(options={"event": "no event"})
        )
        self.change(lambda tx: tx.run(statement, wanted=import_id))


@pytest.fixture
def house(unlimited: Platform, account) -> House:
    """An account on a platform without limits."""
    return House(open_shop(unlimited, account), Site(unlimited, account))


Case = Callable[[House], Awaitable[int]]
CASES: dict[tuple[str, int], Case] = {}


def produces(table: str, *codes: int) -> Callable[[Case], Case]:
    """Say which code of which table a case comes to."""

    def kept(case: Case) -> Case:
        CASES.update(dict.fromkeys(((table, code) for code in codes), case))
        return case

    return kept


@pytest.mark.parametrize(("table", "code"), [pair for pair in PAIRS if pair not in NEVER])
async def test_every_code_is_produced_by_a_call(house: House, table: str, code: int):
    assert (table, code) in CASES, f"no case produces {code} of {table}"

    assert await CASES[table, code](house) == code


def test_no_code_is_without_a_table_and_no_case_without_a_code():
    known = {code for codes in TABLES.values() for code in codes}

    assert {int(each) for each in Code} | set(WORDS) <= known
    assert set(CASES) | set(NEVER) == set(PAIRS)
    assert not set(CASES) & set(NEVER)


@pytest.mark.parametrize(
    ("page", "tables"),
    [
        ("reference/soap-import.md", set(TABLES) - {"WSActivation"}),
        ("howto/activate-a-plugin.md", {"WSActivation"}),
    ],
)
def test_the_pages_tell_every_code(page: str, tables: set[str]):
    text = (REFERENCE / page).read_text("utf-8")

    told = {int(code) for code in re.findall(r"(?<![\w.])-[0-9]+\b", text)}

    assert {code for table, code in PAIRS if table in tables and (table, code) not in NEVER} - {0} <= told


# Contract 3.1, signing in.


@produces("signing in", -1013)
async def _(house: House) -> int:
    return (await house.shop.call_with("", "GetNlLists")).code


@produces("signing in", -1001)
async def _(house: House) -> int:
    return await House(replace(house.shop, user="a999999999"), house.site).sign_in()


@produces("signing in", -1002)
async def _(house: House) -> int:
    return await House(replace(house.shop, password="another"), house.site).sign_in()


def _closed(table: str, state: AccountState, code: int, ask: Case) -> None:
    @produces(table, code)
    async def _(house: House) -> int:
        house.change(change_state, state)
        return await ask(house)


for _state, _code in {
    AccountState.SUSPENDED: -1003,
    AccountState.INACTIVE: -1004,
    AccountState.EXPIRED: -1005,
    AccountState.TERMS_NOT_ACCEPTED: -1014,
}.items():
    _closed("signing in", _state, _code, House.sign_in)
    _closed("WSActivation", _state, _code, House.activate)


@produces("signing in", -1006)
async def _(house: House) -> int:
    house.service(enabled=False)
    return await house.sign_in()


@produces("signing in", -1007)
async def _(house: House) -> int:
    house.service(active=False)
    return await house.sign_in()


@produces("signing in", -1011)
async def _(house: House) -> int:
    house.service(checks_ip=True)
    return await house.sign_in()


@produces("signing in", -1012)
async def _(house: House) -> int:
    house.service(checks_ip=True)
    house.change(register_network, Service.IMPORT, IP, allowed=False, by=OPERATOR, now=NOON)
    return await house.sign_in()


@produces("signing in", -1000)
async def _(house: House) -> int:
    settings = replace(house.site.platform.settings, limits="on", soap_calls_per_second=1)
    shop = open_shop(replace(house.site.platform, settings=settings), house.shop.account)
    return min(answer.code for answer in await asyncio.gather(*(shop.call("GetIdWsUser") for _ in range(6))))


# Contract 3.1, id and GUID; 3.2, lists and groups.


@produces("id and GUID", -100)
async def _(house: House) -> int:
    return (await house.shop.start(list_ids="News")).code


@produces("id and GUID", -101)
async def _(house: House) -> int:
    return (await house.shop.of_list("CreateGroup", idList=2, newGroupName="Readers")).code


@produces("id and GUID", -102)
async def _(house: House) -> int:
    return (await house.shop.of_list("CreateGroup", listGUID="1234", newGroupName="Readers")).code


@produces("GetIdUser", 0)
async def _(house: House) -> int:
    return (await house.shop.call("GetIdUser", userName=house.shop.account.api_user)).code


@produces("GetIdUser", -1001)
async def _(house: House) -> int:
    return (await house.shop.call("GetIdUser", userName="nobody")).code


@produces("GetNlLists", 0)
async def _(house: House) -> int:
    return (await house.shop.call("GetNlLists")).code


@produces("GetNlLists", -200)
async def _(house: House) -> int:
    return (await house.shop.call("GetNlListsUser", userId=-1)).code


@produces("CreateGroup", -300)
async def _(house: House) -> int:
    return (await house.shop.of_list("CreateGroup", newGroupName="bell\x7f")).code


@produces("CreateGroup", -301)
async def _(house: House) -> int:
    return (await house.shop.call("CreateGroup", newGroupName="Readers")).code


@produces("CreateGroup", -302)
async def _(house: House) -> int:
    return (await house.shop.of_list("CreateGroup")).code


# Contract 3.2, processes.


@produces("NewImportProcess", -400)
async def _(house: House) -> int:
    return (await house.shop.store(importType=7)).code


@produces("NewImportProcess", -401)
async def _(house: House) -> int:
    return (await house.shop.store("")).code


@produces("NewImportProcess", -402)
async def _(house: House) -> int:
    return (await house.shop.store("<subscribers>")).code


@produces("NewImportProcess", -403)
async def _(house: House) -> int:
    return (await house.shop.store(idGroups="Readers")).code


@produces("NewImportProcess", -410)
async def _(house: House) -> int:
    return (await house.shop.store(ConfirmEmail=True, idConfirmNL=999)).code


@produces("StartImportProcesses", 0)
async def _(house: House) -> int:
    return (await house.shop.start(f"<s>{ADA}</s>")).code


@produces("StartImportProcesses", -401)
async def _(house: House) -> int:
    return (await house.shop.start(None)).code


@produces("StartImportProcesses", -450)
async def _(house: House) -> int:
    return (await house.shop.start(list_ids="1;1", groupsIDs="1")).code


@produces("StartImportProcesses", -601)
async def _(house: House) -> int:
    return (await house.busy("1"))[1]


@produces("StartImportProcesses", -602)
async def _(house: House) -> int:
    return (await house.busy(str(house.second_list())))[1]


async def _started(house: House, list_id: int = 1, **values: Any) -> int:
    return (await house.shop.of_list("StartProcess", list_id, **values)).code


@produces("StartProcess", 0)
async def _(house: House) -> int:
    return await _started(house, idProcess=await house.stored())


@produces("StartProcess", -600)
async def _(house: House) -> int:
    import_id = await house.stored()
    house.damage(import_id)
    return await _started(house, idProcess=import_id)


@produces("StartProcess", -601)
async def _(house: House) -> int:
    import_id = await house.stored()
    await house.shop.start()
    return await _started(house, idProcess=import_id)


@produces("StartProcess", -602)
async def _(house: House) -> int:
    other = house.second_list()
    import_id = (await house.shop.store(list_id=other)).code
    await house.shop.start()
    return await _started(house, other, idProcess=import_id)


@produces("StartProcess", -603)
async def _(house: House) -> int:
    return await _started(house, idProcess=999)


@produces("StartProcess", -604)
async def _(house: House) -> int:
    import_id = (await house.shop.start()).process_ids[0]
    house.shop.work()
    return await _started(house, idProcess=import_id)


@produces("GetProcessDetails", 0)
async def _(house: House) -> int:
    return (await house.shop.details(await house.stored())).code


@produces("GetProcessDetails", -500)
async def _(house: House) -> int:
    import_id = await house.stored()
    house.damage(import_id)
    return (await house.shop.details(import_id)).code


@produces("GetProcessDetails", -501)
async def _(house: House) -> int:
    return (await house.shop.details(999)).code


# Contract 4, activation.


@produces("WSActivation", 0)
async def _(house: House) -> int:
    return await house.activate()


def _missing(code: int, *names: str) -> None:
    @produces("WSActivation", code)
    async def _(house: House) -> int:
        return await house.activate(**dict.fromkeys(names, ""))


_missing(-2, "ws_name")
_missing(-4, "usr")
_missing(-8, "pwd")
_missing(-16, "nl_url")
_missing(-30, "ws_name", "usr", "pwd", "nl_url")


@produces("WSActivation", -1000)
async def _(house: House) -> int:
    settings = replace(house.site.platform.settings, limits="on", sign_in_failures_per_login=1)
    guarded = replace(house.site.platform, settings=settings, throttles=Throttles(settings))
    guarded_house = House(house.shop, replace(house.site, platform=guarded))
    return [await guarded_house.activate(pwd=password) for password in ("1", "2", "3")][-1]


@produces("WSActivation", -1001)
async def _(house: House) -> int:
    return await house.activate(nl_url="elsewhere.example")


@produces("WSActivation", -1002)
async def _(house: House) -> int:
    return await house.activate(pwd="another")


@produces("WSActivation", -1006)
async def _(house: House) -> int:
    house.service(enabled=False)
    return await house.activate()


class Away:
    """A database that does not answer."""

    async def cached(self, *_arguments: object) -> None:
        raise DatabaseUnavailable("away")


@produces("WSActivation", -1009)
async def _(house: House) -> int:
    away: Any = Away()
    return await House(house.shop, replace(house.site, platform=replace(house.site.platform, database=away))).activate()


@produces("WSActivation", -1010)
async def _(house: House) -> int:
    house.change(register_network, Service.IMPORT, IP, allowed=False, by=OPERATOR, now=NOON)
    return await house.activate()
