"""Campaigns: the messages that people write, with their tags, attachments, images and templates."""

from staffetta.campaigns.attaching import attach, attached_file, attachments_of, detach
from staffetta.campaigns.bouncing import Bounce, Complained, Patience, record_bounces, record_complaints
from staffetta.campaigns.bouncing_queries import Sent, find_sent
from staffetta.campaigns.events import Actor, EventKind
from staffetta.campaigns.leaving import leave_by_mail
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
from staffetta.campaigns.publishing import online_version, set_visibility
from staffetta.campaigns.recording import Happening, record_events
from staffetta.campaigns.removing import clear_list, remove_list
from staffetta.campaigns.tagging import TagExists, change_tag, obtain_tag, remove_tag, tags_of_list
from staffetta.campaigns.templates import Template, get_template, templates, write_from_template
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
    "Bounce",
    "Complained",
    "Draft",
    "EventKind",
    "File",
    "GivenTag",
    "GivenTracking",
    "Happening",
    "Image",
    "Message",
    "MessageHead",
    "MessagesPage",
    "Patience",
    "Selection",
    "Sent",
    "Tag",
    "TagExists",
    "Template",
    "Tracking",
    "UnknownAttachment",
    "UnknownImage",
    "UnknownMessage",
    "UnknownTag",
    "UnknownTemplate",
    "WrittenMessage",
    "add_image",
    "add_message",
    "attach",
    "attached_file",
    "attachments_of",
    "change_message",
    "change_tag",
    "clear_list",
    "clone_message",
    "delete_message",
    "detach",
    "enable_fields",
    "find_sent",
    "get_message",
    "get_template",
    "image_file",
    "images_of_list",
    "leave_by_mail",
    "list_all_messages",
    "list_archived",
    "list_messages",
    "list_published",
    "obtain_tag",
    "online_version",
    "record_bounces",
    "record_complaints",
    "record_events",
    "remove_image",
    "remove_list",
    "remove_tag",
    "set_visibility",
    "shared_images",
    "tags_of_list",
    "templates",
    "write_from_template",
]
