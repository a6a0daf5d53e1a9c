"""Lists as the deprecated resources show and take them (contract 7.2): the same under older names."""

import msgspec
from msgspec import UNSET, UnsetType

# Each member that is a setting as it stands, and which; `scope` is a word for a number.
SETTINGS = {
    "bouncedemail": "bounced_email",
    "charset": "charset",
    "conversionlab_trackcode": "conversionlab_track_code",
    "default_prefix": "default_prefix",
    "description": "description",
    "disclaimer": "disclaimer",
    "displayas": "display_as",
    "format": "format",
    "frontendform": "frontend_form",
    "headerlistunsubscriber": "header_list_unsubscriber",
    "headerxabuse": "header_x_abuse",
    "kbmax": "kb_max",
    "multi_optout_list": "multi_optout_list",
    "multipart_text": "multipart_text",
    "nl_sendername": "sender_name",
    "notifyemail": "notify_email",
    "optout_type": "optout_type",
    "owneremail": "sender_email",
    "public": "public",
    "replyto": "reply_to",
    "sendconfirmsms": "send_confirm_sms",
    "sendemailoptout": "send_email_optout",
    "sms_sendername": "sms_sender_name",
    "subscribedemail": "subscribed_email",
    "tracking": "track_on_opened",
    "Customer": "customer",
    "business": "business",
    "CompanyName": "company_name",
    "ContactName": "contact_name",
    "Address": "address",
    "City": "city",
    "CountryCode": "country_code",
    "PermissionReminder": "permission_reminder",
    "Phone": "phone",
    "PostalCode": "postal_code",
    "StateOrProvince": "state_or_province",
    "WebSiteUrl": "web_site_url",
}
SCOPES = ("newsletters", "Direct_Advertising", "Transactional")


class OldListItem(msgspec.Struct, frozen=True):
    """A list as the old listing shows it."""

    Company: str
    Description: str
    Name: str
    idList: int  # noqa: N815 - the wire's name
    listGuid: str  # noqa: N815 - the wire's name


class OldList(msgspec.Struct, frozen=True, kw_only=True):
    """A list with its settings; the fax is long gone."""

    bouncedemail: str | None
    charset: str
    conversionlab_trackcode: str
    default_prefix: str
    description: str
    disclaimer: str
    displayas: str
    format: str
    frontendform: bool
    headerlistunsubscriber: str
    headerxabuse: str
    kbmax: int
    multi_optout_list: str
    multipart_text: bool
    nl_sendername: str
    notifyemail: str | None
    optout_type: int
    owneremail: str
    public: bool
    replyto: str
    sendconfirmsms: bool
    sendemailoptout: bool
    senderfax: str
    senderfaxname: str
    sms_sendername: str
    subscribedemail: bool
    tracking: bool
    Customer: bool
    IdList: int
    Name: str
    business: bool
    scope: str
    CompanyName: str
    ContactName: str
    Address: str
    City: str
    CountryCode: str
    PermissionReminder: str
    Phone: str
    PostalCode: str
    StateOrProvince: str
    WebSiteUrl: str


class OldListChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a client sends to make or change a list; what is obsolete is ignored."""

    bouncedemail: str | UnsetType | None = UNSET
    charset: str | None = None
    conversionlab_trackcode: str | None = None
    default_prefix: str | None = None
    description: str | None = None
    disclaimer: str | None = None
    displayas: str | None = None
    format: str | None = None
    frontendform: bool | None = None
    headerlistunsubscriber: str | None = None
    headerxabuse: str | None = None
    kbmax: int | None = None
    multi_optout_list: str | None = None
    multipart_text: bool | None = None
    nl_sendername: str | None = None
    notifyemail: str | UnsetType | None = UNSET
    optout_type: int | None = None
    owneremail: str | None = None
    public: bool | None = None
    replyto: str | UnsetType | None = UNSET
    sendconfirmsms: bool | None = None
    sendemailoptout: bool | None = None
    sms_sendername: str | None = None
    subscribedemail: bool | None = None
    tracking: bool | None = None
    Customer: bool | None = None
    Name: str | None = None
    business: bool | None = None
    scope: str | None = None
    CompanyName: str | None = None
    ContactName: str | None = None
    Address: str | None = None
    City: str | None = None
    CountryCode: str | None = None
    PermissionReminder: str | None = None
    Phone: str | None = None
    PostalCode: str | None = None
    StateOrProvince: str | None = None
    WebSiteUrl: str | None = None
    idSettings: int | None = None  # noqa: N815 - the wire's name
    useDefaultSettings: bool | None = None  # noqa: N815 - the wire's name
