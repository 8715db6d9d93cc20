"""Migrations of the database of studies, run by Alembic; see `bohwsw.study.storage`."""
