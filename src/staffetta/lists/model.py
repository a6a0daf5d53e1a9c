"""Lists, groups and personal data fields as the rest of the platform sees them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from staffetta.errors import FailedPrecondition
from staffetta.kit.languages import Language


class OptoutType(IntEnum):
    """What a list's unsubscribe link does (contract 10.3)."""

    ONE_CLICK = 0
    CONFIRMED = 1
    CHOICE_OF_LISTS = 2
    OPTIONS = 3
    PREFERENCE_CENTRE = 4


class Page(StrEnum):
    """The pages that a list can replace by one of its owner's own."""

    PENDING = "pending"
    SUBSCRIBED = "subscribed"
    ALREADY = "already"
    INVALID = "invalid"
    ERROR = "error"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSettings:
    """What the owner of a list can set; the seed on lists and groups has the meaning of each."""

    description: str = ""
    display_as: str = ""
    sender_name: str = ""
    sender_email: str = ""
    reply_to: str = ""
    company_name: str = ""
    contact_name: str = ""
    address: str = ""
    city: str = ""
    postal_code: str = ""
    state_or_province: str = ""
    country_code: str = ""
    phone: str = ""
    permission_reminder: str = ""
    web_site_url: str = ""
    business: bool = True
    customer: bool = True
    time_zone_code: str = "UTC+01:00.0"
    sms_sender_name: str = ""
    default_prefix: str = "0039"
    send_confirm_sms: bool = False
    charset: str = "UTF-8"
    format: str = "html"
    multipart_text: bool = True
    kb_max: int = 100
    notify_email: str = ""
    optout_type: OptoutType = OptoutType.OPTIONS
    multi_optout_list: str = ""
    send_email_optout: bool = False
    subscribed_email: bool = True
    bounced_email: str | None = None
    frontend_form: bool = True
    public: bool = True
    scope_code: int = 0
    track_on_opened: bool = True
    conversionlab_track_code: str = ""
    link_tracking_parameters: str = ""
    disclaimer: str = ""
    header_list_unsubscriber: str = "<[listunsubscribe]>,<[mailto_uns]>"
    header_x_abuse: str = "Please report abuse here: http://[host]/p"
    # Ours, not the protocol's:
    language: Language | None = None
    confirm_by_button: bool = False
    pages: Mapping[Page, str] = field(default_factory=dict)
    # The name that another system gave the list when it made it over SOAP (contract 5.3).
    auto_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingList:
    """A list: recipients subscribe to it, messages are sent to it."""

    id: int
    guid: str
    name: str
    settings: ListSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A named part of one list's recipients."""

    id: int
    list_id: int
    name: str
    notes: str = ""
    deletable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A personal data field, addressed as `campo<id>`."""

    id: int
    name: str


class ListExists(FailedPrecondition):
    """The id or the GUID is taken."""
