"""The API use policy (seed, contract 14.1): how often an account may call what, and what becomes of more."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from staffetta.errors import ResourceExhausted
from staffetta.interfaces.limiting import Key, Limit, Limiter, LimitReached, counter_of
from staffetta.settings import Settings

MINUTE, HOUR, DAY = 60, 3_600, 86_400
UNITS = {1: "a second", MINUTE: "a minute", HOUR: "an hour", DAY: "a day"}
# Plugins fire bursts: they are slowed down before they are refused (contract 14.1).
SOAP_PATIENCE_SECONDS = 2.0
# A client that calls one at a time is never refused: after the calls of a second it waits for the next one to begin.
REST_PATIENCE_SECONDS = 1.2


class Family(StrEnum):
    """The families of the API, by the policy's names."""

    FORMS = "HTTP GET & POST"
    SOAP = "SOAP"
    REST = "REST"
    SMTP = "SMTP+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row of the policy; without methods it is of all others, without limits the purchased speed is what limits.

    Each method is counted apart. `patience_seconds` is how long a call waits for room before it is refused.
    """

    family: Family
    methods: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    patience_seconds: float = 0
    counted: str = "account"
    answer: str = ""

    @property
    def words(self) -> str:
        """The limits as people say them."""
        return ", ".join(map(in_words, self.limits)) or "the purchased speed"


class OverLimit(ResourceExhausted):
    """The account has used up what the policy allows of a method; the text names the limit."""

    def __init__(self, method: str, limit: Limit, waiting: int) -> None:
        super().__init__(f"{method}: the API use policy allows {in_words(limit)} for an account; try again later")
        self.limit = limit
        self.waiting = waiting


def rules(settings: Settings) -> tuple[Rule, ...]:
    """Return the policy of an installation, its rows in the published order."""
    code = "`errorCode` -1000 and a text that names the limit"
    too_many = "429, `Retry-After: 1`"
    return (
        Rule(
            family=Family.FORMS,
            methods=("subscribe.aspx", "xmlSubscribe.aspx"),
            limits=(
                Limit(settings.subscribe_per_minute, MINUTE),
                Limit(settings.subscribe_per_hour, HOUR),
                Limit(settings.subscribe_per_day, DAY),
            ),
            answer="`1`; subscribe.aspx leads to the error page",
        ),
        Rule(
            family=Family.SOAP,
            methods=("CreateNewsletter", "SendNewsletterFast", "SendSingleNewsletter", "SendSingleNewsletter HTML"),
            limits=(Limit(100, DAY),),
            answer=code,
        ),
        Rule(family=Family.SOAP, methods=("SendSingleNewsletter ID",), limits=(Limit(5_000, DAY),), answer=code),
        Rule(family=Family.SOAP, methods=("SendNewsletter",), limits=(Limit(200, DAY),), answer=code),
        Rule(
            family=Family.SOAP,
            methods=("SendDirectSMS", "SendSingleSMS"),
            limits=(Limit(10, 1),),
            patience_seconds=SOAP_PATIENCE_SECONDS,
            answer=code,
        ),
        Rule(
            family=Family.SOAP,
            limits=(Limit(settings.soap_calls_per_second, 1),),
            patience_seconds=SOAP_PATIENCE_SECONDS,
            answer=f"{code}; Import: `ReturnCode` -1000",
        ),
        Rule(family=Family.REST, methods=("D3", "N1", "N2"), answer="later delivery"),
        Rule(
            family=Family.REST,
            methods=("N4",),
            limits=(Limit(30, 1),),
            patience_seconds=REST_PATIENCE_SECONDS,
            counted="application and user",
            answer=too_many,
        ),
        Rule(
            family=Family.REST,
            methods=("D11", "D12"),
            limits=(Limit(1, 30),),
            patience_seconds=REST_PATIENCE_SECONDS,
            counted="application and user",
            answer=too_many,
        ),
        Rule(
            family=Family.REST,
            limits=(Limit(settings.rest_calls_per_second, 1),),
            patience_seconds=REST_PATIENCE_SECONDS,
            counted="application and user",
            answer=too_many,
        ),
        Rule(family=Family.SMTP, answer="later delivery"),
    )


class Policy:
    """The policy in force: counts the calls and lets through what is allowed; with `STAFFETTA_LIMITS=off` all is."""

    def __init__(self, settings: Settings) -> None:
        self._on = settings.limited
        self._counter = counter_of(settings.limits_storage)
        self._limiter = Limiter(self._counter)
        self.rules = rules(settings)
        self._by_method = by_method(self.rules)

    async def admit(self, account_id: int, family: Family, method: str, *, key: Key = ()) -> None:
        """Count a call; return when it may go ahead, which is at once in most cases.

        `key` names what is counted apart within an account, such as a user.

        Raises:
            OverLimit: there have been too many, and waiting does not help.

        """
        rule = self.rule_of(family, method)
        if not self._on or not rule.limits:
            return
        for limit in rule.limits:
            counted = key_of(account_id, family, method, limit) + key
            if not self._limiter.admits(counted, limit):
                await self._wait(method, counted, limit, rule.patience_seconds)

    async def _wait(self, method: str, counted: Key, limit: Limit, patience_seconds: float) -> None:
        if not patience_seconds:
            raise OverLimit(method, limit, 0)
        try:
            await self._limiter.wait(counted, limit, patience_seconds=patience_seconds)
        except LimitReached as refusal:
            raise OverLimit(method, limit, refusal.waiting) from refusal

    def rule_of(self, family: Family, method: str) -> Rule:
        """Return the rule that a method is under."""
        return self._by_method.get((family, method.lower())) or self._by_method[family, ""]

    def used(self, account_id: int, rule: Rule) -> Mapping[str, int]:
        """Return how many calls of a rule's methods count now, by method, in the longest of its windows."""
        if not rule.limits:
            return {}
        limit = rule.limits[-1]
        return {
            method: self._counter.used(key_of(account_id, rule.family, method, limit), limit) for method in rule.methods
        }


def by_method(table: Iterable[Rule]) -> Mapping[tuple[Family, str], Rule]:
    """Return the rules by family and method in lower case; "" stands for all others."""
    found = {(rule.family, method.lower()): rule for rule in table for method in rule.methods or ("",)}
    # What the policy does not name is not limited by it.
    return {**{(family, ""): Rule(family=family) for family in Family}, **found}


def key_of(account_id: int, family: Family, method: str, limit: Limit) -> Key:
    """Return under which key an account's calls of a method are counted."""
    return (family.value, str(account_id), method.lower(), str(limit.seconds))


def in_words(limit: Limit) -> str:
    """Return a limit as people say it."""
    calls = "1 call" if limit.most == 1 else f"{limit.most:,} calls"
    return f"{calls} {UNITS.get(limit.seconds, f'in {limit.seconds} seconds')}"
