"""Campaigns: the messages that people write, with their tags, attachments, images and templates."""
