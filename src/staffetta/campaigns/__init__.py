"""Campaigns: the messages that people write, with their tags, attachments, images and templates."""

from staffetta.campaigns.asking import AsksNobody, Request, find_request, require_request, write_request
from staffetta.campaigns.attaching import attach, attached_file, attachments_of, detach
from staffetta.campaigns.audiences import count as count_audience
from staffetta.campaigns.bouncing import Bounce, Complained, Patience, record_bounces, record_complaints
from staffetta.campaigns.bouncing_queries import Sent, find_sent
from staffetta.campaigns.claiming import (
    CampaignOutcome,
    Claimed,
    Recorded,
    Turns,
    due_at,
    record,
    settle_campaign_orphans,
    step,
)
from staffetta.campaigns.classifying import PREFETCH_HEADERS, Judgement, classify, looks_ahead, said_prefetch
from staffetta.campaigns.compiling import CompiledCampaign, compile_campaign
from staffetta.campaigns.embedding import pictures_in
from staffetta.campaigns.ending import delete_sending, settle_doubt, stop_sending
from staffetta.campaigns.erasing import erase, take_members_off_list
from staffetta.campaigns.events import Actor, EventKind
from staffetta.campaigns.failures import Failure, Failures, failed_people, why_failed
from staffetta.campaigns.findings import Finding, Level, blocks
from staffetta.campaigns.following import (
    Trail,
    UnknownLink,
    destination_of,
    find_page_link,
    location,
    seen_online,
    trail_of,
)
from staffetta.campaigns.heading import author_domain
from staffetta.campaigns.keeping import Visit, accounts_with_kept, keep_visits, record_kept
from staffetta.campaigns.launching import (
    NotSubscribed,
    TooLate,
    campaign_sendings,
    doubtful,
    get_campaign_sending,
    launch_sending,
    message_of_account,
    require_repeatable,
    send_message,
    send_to_one,
    sendings_of_message,
)
from staffetta.campaigns.leaving import leave_by_mail
from staffetta.campaigns.linking import LABELS, ONLINE_VERSION, PREFERENCES, UNSUBSCRIBE, links_in
from staffetta.campaigns.listing import (
    MessagesPage,
    Selection,
    list_all_messages,
    list_archived,
    list_messages,
    list_published,
)
from staffetta.campaigns.mailing import Addressee, Link, Mailing, Written
from staffetta.campaigns.merging import fill_url, merge_values
from staffetta.campaigns.model import (
    Attachment,
    Draft,
    File,
    GivenTag,
    GivenTracking,
    Image,
    Message,
    MessageHead,
    Tag,
    Tracking,
    UnknownAttachment,
    UnknownImage,
    UnknownMessage,
    UnknownTag,
    UnknownTemplate,
    WrittenMessage,
)
from staffetta.campaigns.originating import SenderDisabled
from staffetta.campaigns.picturing import SHARED, add_image, image_file, images_of_list, remove_image, shared_images
from staffetta.campaigns.preferences import leave, save_preferences, save_profile
from staffetta.campaigns.preflight import Departure, departure
from staffetta.campaigns.publishing import online_version, set_visibility
from staffetta.campaigns.queue_queries import Queued
from staffetta.campaigns.queues import (
    add_to_queue,
    get_queued,
    queue_of_list,
    queue_of_message,
    start_stopped,
    stop_running,
    take_off_queue,
)
from staffetta.campaigns.recorder import Recorder
from staffetta.campaigns.recording import Happening, record_events
from staffetta.campaigns.removing import clear_list, remove_list
from staffetta.campaigns.repeating import KeyTaken, sending_of_key
from staffetta.campaigns.report_queries import Deed
from staffetta.campaigns.reports import MessageReport, PersonReport, report_on_message, report_on_person
from staffetta.campaigns.sendings import Audience, CampaignSending, Launched
from staffetta.campaigns.tagging import TagExists, change_tag, obtain_tag, remove_tag, tags_of_list
from staffetta.campaigns.templates import Template, get_template, templates, write_from_template
from staffetta.campaigns.time_lines import Event, actor_of, forget_person, forget_visits, left_by, time_line
from staffetta.campaigns.viewing import online_page
from staffetta.campaigns.writing import (
    add_message,
    change_message,
    clone_message,
    delete_message,
    enable_fields,
    get_message,
)

__all__ = [
    "LABELS",
    "ONLINE_VERSION",
    "PREFERENCES",
    "PREFETCH_HEADERS",
    "SHARED",
    "UNSUBSCRIBE",
    "Actor",
    "Addressee",
    "AsksNobody",
    "Attachment",
    "Audience",
    "Bounce",
    "CampaignOutcome",
    "CampaignSending",
    "Claimed",
    "CompiledCampaign",
    "Complained",
    "Deed",
    "Departure",
    "Draft",
    "Event",
    "EventKind",
    "Failure",
    "Failures",
    "File",
    "Finding",
    "GivenTag",
    "GivenTracking",
    "Happening",
    "Image",
    "Judgement",
    "KeyTaken",
    "Launched",
    "Level",
    "Link",
    "Mailing",
    "Message",
    "MessageHead",
    "MessageReport",
    "MessagesPage",
    "NotSubscribed",
    "Patience",
    "PersonReport",
    "Queued",
    "Recorded",
    "Recorder",
    "Request",
    "Selection",
    "SenderDisabled",
    "Sent",
    "Tag",
    "TagExists",
    "Template",
    "TooLate",
    "Tracking",
    "Trail",
    "Turns",
    "UnknownAttachment",
    "UnknownImage",
    "UnknownLink",
    "UnknownMessage",
    "UnknownTag",
    "UnknownTemplate",
    "Visit",
    "Written",
    "WrittenMessage",
    "accounts_with_kept",
    "actor_of",
    "add_image",
    "add_message",
    "add_to_queue",
    "attach",
    "attached_file",
    "attachments_of",
    "author_domain",
    "blocks",
    "campaign_sendings",
    "change_message",
    "change_tag",
    "classify",
    "clear_list",
    "clone_message",
    "compile_campaign",
    "count_audience",
    "delete_message",
    "delete_sending",
    "departure",
    "destination_of",
    "detach",
    "doubtful",
    "due_at",
    "enable_fields",
    "erase",
    "failed_people",
    "fill_url",
    "find_page_link",
    "find_request",
    "find_sent",
    "forget_person",
    "forget_visits",
    "get_campaign_sending",
    "get_message",
    "get_queued",
    "get_template",
    "image_file",
    "images_of_list",
    "keep_visits",
    "launch_sending",
    "leave",
    "leave_by_mail",
    "left_by",
    "links_in",
    "list_all_messages",
    "list_archived",
    "list_messages",
    "list_published",
    "location",
    "looks_ahead",
    "merge_values",
    "message_of_account",
    "obtain_tag",
    "online_page",
    "online_version",
    "pictures_in",
    "queue_of_list",
    "queue_of_message",
    "record",
    "record_bounces",
    "record_complaints",
    "record_events",
    "record_kept",
    "remove_image",
    "remove_list",
    "remove_tag",
    "report_on_message",
    "report_on_person",
    "require_repeatable",
    "require_request",
    "said_prefetch",
    "save_preferences",
    "save_profile",
    "seen_online",
    "send_message",
    "send_to_one",
    "sending_of_key",
    "sendings_of_message",
    "set_visibility",
    "settle_campaign_orphans",
    "settle_doubt",
    "shared_images",
    "start_stopped",
    "step",
    "stop_running",
    "stop_sending",
    "tags_of_list",
    "take_members_off_list",
    "take_off_queue",
    "templates",
    "time_line",
    "trail_of",
    "why_failed",
    "write_from_template",
    "write_request",
]
