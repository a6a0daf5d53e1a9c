"""The keys that sign links: made once, kept in the database, shared by every process."""

import secrets
from datetime import datetime

from sqlalchemy import bindparam, insert, select

from staffetta.db import Connection, Statement
from staffetta.tracking.tables import signing_keys
from staffetta.tracking.tokens import Signer

KEY_OCTETS = 32

KEYS = Statement(select(signing_keys.c.id, signing_keys.c.secret))
INSERT_KEY = Statement(
    insert(signing_keys).values(id=bindparam("id"), secret=bindparam("secret"), created_at=bindparam("created_at"))
)


def load_signer(connection: Connection, *, now: datetime) -> Signer:
    """Return the signer of this installation, with a first key where there is none yet."""
    keys = {row.id: bytes(row.secret) for row in connection.all(KEYS)}
    if not keys:
        keys = {1: secrets.token_bytes(KEY_OCTETS)}
        connection.run(INSERT_KEY, id=1, secret=keys[1], created_at=now)
    return Signer(keys)


def rotate_key(connection: Connection, *, now: datetime) -> int:
    """Add a key that signs from the next start on; links signed before go on working. Returns its id."""
    newest = max((row.id for row in connection.all(KEYS)), default=0) + 1
    connection.run(INSERT_KEY, id=newest, secret=secrets.token_bytes(KEY_OCTETS), created_at=now)
    return newest
