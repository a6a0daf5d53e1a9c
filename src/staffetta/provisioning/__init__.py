"""Provisioning: accounts that applications ask for, from the request to the mail with the credentials."""
