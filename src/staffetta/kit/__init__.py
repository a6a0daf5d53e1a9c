"""Small tools that know nothing of email marketing."""
