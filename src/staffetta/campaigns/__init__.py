"""Campaigns: the messages that people write, with their tags, attachments, images and templates."""

from staffetta.campaigns.attaching import attach, attached_file, attachments_of, detach
from staffetta.campaigns.classifying import Judgement, classify, looks_ahead
from staffetta.campaigns.erasing import erase, take_members_off_list
from staffetta.campaigns.events import Actor, EventKind
from staffetta.campaigns.following import Trail, UnknownLink, destination_of, location, seen_online, trail_of
from staffetta.campaigns.keeping import Visit, accounts_with_kept, keep_visits, record_kept
from staffetta.campaigns.listing import (
    MessagesPage,
    Selection,
    list_all_messages,
    list_archived,
    list_messages,
    list_published,
)
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
from staffetta.campaigns.picturing import SHARED, add_image, image_file, images_of_list, remove_image, shared_images
from staffetta.campaigns.preferences import leave, save_preferences, save_profile
from staffetta.campaigns.publishing import online_version, set_visibility
from staffetta.campaigns.recorder import Recorder
from staffetta.campaigns.recording import Happening, record_events
from staffetta.campaigns.removing import clear_list, remove_list
from staffetta.campaigns.tagging import TagExists, change_tag, obtain_tag, remove_tag, tags_of_list
from staffetta.campaigns.templates import Template, get_template, templates, write_from_template
from staffetta.campaigns.time_lines import Event, forget_person, forget_visits, left_by, time_line
from staffetta.campaigns.writing import (
    add_message,
    change_message,
    clone_message,
    delete_message,
    enable_fields,
    get_message,
)

__all__ = [
    "SHARED",
    "Actor",
    "Attachment",
    "Draft",
    "Event",
    "EventKind",
    "File",
    "GivenTag",
    "GivenTracking",
    "Happening",
    "Image",
    "Judgement",
    "Message",
    "MessageHead",
    "MessagesPage",
    "Recorder",
    "Selection",
    "Tag",
    "TagExists",
    "Template",
    "Tracking",
    "Trail",
    "UnknownAttachment",
    "UnknownImage",
    "UnknownLink",
    "UnknownMessage",
    "UnknownTag",
    "UnknownTemplate",
    "Visit",
    "WrittenMessage",
    "accounts_with_kept",
    "add_image",
    "add_message",
    "attach",
    "attached_file",
    "attachments_of",
    "change_message",
    "change_tag",
    "classify",
    "clear_list",
    "clone_message",
    "delete_message",
    "destination_of",
    "detach",
    "enable_fields",
    "erase",
    "forget_person",
    "forget_visits",
    "get_message",
    "get_template",
    "image_file",
    "images_of_list",
    "keep_visits",
    "leave",
    "left_by",
    "list_all_messages",
    "list_archived",
    "list_messages",
    "list_published",
    "location",
    "looks_ahead",
    "obtain_tag",
    "online_version",
    "record_events",
    "record_kept",
    "remove_image",
    "remove_list",
    "remove_tag",
    "save_preferences",
    "save_profile",
    "seen_online",
    "set_visibility",
    "shared_images",
    "tags_of_list",
    "take_members_off_list",
    "templates",
    "time_line",
    "trail_of",
    "write_from_template",
]
