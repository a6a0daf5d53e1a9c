"""Lists as the current resources show and take them (contract 7.2); members in the order that L5 prints."""

import msgspec
from msgspec import UNSET, UnsetType

# Each member that is a setting, and which.
SETTINGS = {
    "BouncedEmail": "bounced_email",
    "Charset": "charset",
    "ConversionlabTrackCode": "conversionlab_track_code",
    "DefaultPrefix": "default_prefix",
    "Description": "description",
    "Disclaimer": "disclaimer",
    "Format": "format",
    "FrontendForm": "frontend_form",
    "HeaderListUnsubscriber": "header_list_unsubscriber",
    "HeaderXAbuse": "header_x_abuse",
    "KBMax": "kb_max",
    "LinkTrackingParameters": "link_tracking_parameters",
    "MultiOptoutList": "multi_optout_list",
    "MultipartText": "multipart_text",
    "NotifyEmail": "notify_email",
    "OptoutType": "optout_type",
    "Public": "public",
    "ScopeCode": "scope_code",
    "SendConfirmSms": "send_confirm_sms",
    "SendEmailOptout": "send_email_optout",
    "SmsSenderName": "sms_sender_name",
    "SubscribedEmail": "subscribed_email",
    "TimeZoneCode": "time_zone_code",
    "TrackOnOpened": "track_on_opened",
    "Address": "address",
    "Business": "business",
    "City": "city",
    "CompanyName": "company_name",
    "ContactName": "contact_name",
    "CountryCode": "country_code",
    "Customer": "customer",
    "DisplayAs": "display_as",
    "NLSenderName": "sender_name",
    "OwnerEmail": "sender_email",
    "PermissionReminder": "permission_reminder",
    "Phone": "phone",
    "PostalCode": "postal_code",
    "ReplyTo": "reply_to",
    "StateOrProvince": "state_or_province",
    "WebSiteUrl": "web_site_url",
}


class ListItem(msgspec.Struct, frozen=True):
    """A list as listings show it."""

    Company: str
    Description: str
    IdList: int
    ListGuid: str
    Name: str


class ListDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A list with all its settings."""

    BouncedEmail: str | None
    Charset: str
    ConversionlabTrackCode: str
    DefaultPrefix: str
    Description: str
    Disclaimer: str
    Format: str
    FrontendForm: bool
    HeaderListUnsubscriber: str
    HeaderXAbuse: str
    KBMax: int
    LinkTrackingParameters: str
    MultiOptoutList: str
    MultipartText: bool
    NotifyEmail: str | None
    OptoutType: int
    Public: bool
    ScopeCode: int
    SendConfirmSms: bool
    SendEmailOptout: bool
    SmsSenderName: str
    SubscribedEmail: bool
    TimeZoneCode: str
    TrackOnOpened: bool
    Address: str
    Business: bool
    City: str
    CompanyName: str
    ContactName: str
    CountryCode: str
    Customer: bool
    DisplayAs: str
    IdList: int
    ListGuid: str
    NLSenderName: str
    Name: str
    OwnerEmail: str
    PermissionReminder: str
    Phone: str
    PostalCode: str
    ReplyTo: str
    StateOrProvince: str
    WebSiteUrl: str


class ListChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a client sends to make or change a list: null is as absent but where null is a value."""

    BouncedEmail: str | UnsetType | None = UNSET
    Charset: str | None = None
    ConversionlabTrackCode: str | None = None
    DefaultPrefix: str | None = None
    Description: str | None = None
    Disclaimer: str | None = None
    Format: str | None = None
    FrontendForm: bool | None = None
    HeaderListUnsubscriber: str | None = None
    HeaderXAbuse: str | None = None
    KBMax: int | None = None
    LinkTrackingParameters: str | None = None
    MultiOptoutList: str | None = None
    MultipartText: bool | None = None
    NotifyEmail: str | UnsetType | None = UNSET
    OptoutType: int | None = None
    Public: bool | None = None
    ScopeCode: int | None = None
    SendConfirmSms: bool | None = None
    SendEmailOptout: bool | None = None
    SmsSenderName: str | None = None
    SubscribedEmail: bool | None = None
    TimeZoneCode: str | None = None
    TrackOnOpened: bool | None = None
    Address: str | None = None
    Business: bool | None = None
    City: str | None = None
    CompanyName: str | None = None
    ContactName: str | None = None
    CountryCode: str | None = None
    Customer: bool | None = None
    DisplayAs: str | None = None
    NLSenderName: str | None = None
    Name: str | None = None
    OwnerEmail: str | None = None
    PermissionReminder: str | None = None
    Phone: str | None = None
    PostalCode: str | None = None
    ReplyTo: str | UnsetType | None = UNSET
    StateOrProvince: str | None = None
    WebSiteUrl: str | None = None
    IdSettings: int | None = None
    # What the prose of the documentation calls it, against all its samples.
    IdSetting: int | None = None
    UseDefaultSettings: bool | None = None
