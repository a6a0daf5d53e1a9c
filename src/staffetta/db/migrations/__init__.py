"""Alembic migrations, the same for both databases."""
