"""Campaigns: the messages that people write, with their tags, attachments, images and templates."""

from staffetta.campaigns.attaching import attach, attached_file, attachments_of, detach
from staffetta.campaigns.compiling import CompiledCampaign, compile_campaign
from staffetta.campaigns.embedding import pictures_in
from staffetta.campaigns.launching import campaign_sendings, delete_sending, get_campaign_sending, message_of_account, send_message, send_to_one, sendings_of_message, stop_sending
from staffetta.campaigns.linking import LABELS, ONLINE_VERSION, PREFERENCES, UNSUBSCRIBE, links_in
from staffetta.campaigns.listing import MessagesPage, Selection, list_all_messages, list_archived, list_messages, list_published
from staffetta.campaigns.mailing import Addressee, Link, Mailing, Written
from staffetta.campaigns.merging import fill_url, merge_values
from staffetta.campaigns.model import Attachment, Draft, File, GivenTag, GivenTracking, Image, Message, MessageHead, Tag, Tracking, UnknownAttachment, UnknownImage, UnknownMessage, UnknownTag, UnknownTemplate, WrittenMessage
from staffetta.campaigns.picturing import SHARED, add_image, image_file, images_of_list, remove_image, shared_images
from staffetta.campaigns.publishing import online_version, set_visibility
from staffetta.campaigns.removing import clear_list, remove_list
from staffetta.campaigns.sendings import Audience, CampaignSending, Launched
from staffetta.campaigns.tagging import TagExists, change_tag, obtain_tag, remove_tag, tags_of_list
from staffetta.campaigns.templates import Template, get_template, templates, write_from_template
from staffetta.campaigns.viewing import online_page
from staffetta.campaigns.writing import add_message, change_message, clone_message, delete_message, enable_fields, get_message

__all__ = [
    "LABELS",
    "ONLINE_VERSION",
    "PREFERENCES",
    "SHARED",
    "UNSUBSCRIBE",
    "Addressee",
    "Attachment",
    "Audience",
    "CampaignSending",
    "CompiledCampaign",
    "Draft",
    "File",
    "GivenTag",
    "GivenTracking",
    "Image",
    "Launched",
    "Link",
    "Mailing",
    "Message",
    "MessageHead",
    "MessagesPage",
    "Selection",
    "Tag",
    "TagExists",
    "Template",
    "Tracking",
    "UnknownAttachment",
    "UnknownImage",
    "UnknownMessage",
    "UnknownTag",
    "UnknownTemplate",
    "Written",
    "WrittenMessage",
    "add_image",
    "add_message",
    "attach",
    "attached_file",
    "attachments_of",
    "campaign_sendings",
    "change_message",
    "change_tag",
    "clear_list",
    "clone_message",
    "compile_campaign",
    "delete_message",
    "delete_sending",
    "detach",
    "enable_fields",
    "fill_url",
    "get_campaign_sending",
    "get_message",
    "get_template",
    "image_file",
    "images_of_list",
    "links_in",
    "list_all_messages",
    "list_archived",
    "list_messages",
    "list_published",
    "merge_values",
    "message_of_account",
    "obtain_tag",
    "online_page",
    "online_version",
    "pictures_in",
    "remove_image",
    "remove_list",
    "remove_tag",
    "send_message",
    "send_to_one",
    "sendings_of_message",
    "set_visibility",
    "shared_images",
    "stop_sending",
    "tags_of_list",
    "templates",
    "write_from_template",
]
