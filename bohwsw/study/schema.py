"""The tables of a database of studies, and what brings an older one up to date."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

HEAD = "0002"
"""The version of these tables."""

STEPS = {"0001": ["ALTER TABLE trials ADD COLUMN findings TEXT"]}
"""For each earlier version, what makes tables of the next one out of its own."""

metadata = MetaData()

versions = Table("bohwsw_version", metadata, Column("version_num", String(32), primary_key=True))

studies = Table(
    "studies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(255), nullable=False, unique=True),
    # JSON: parameters, constraints, objective, strategy, seed, versions.
    Column("definition", Text, nullable=False),
    # Seconds since 1970, as all times here.
    Column("created_at", Float, nullable=False),
)

trials = Table(
    "trials",
    metadata,
    Column("study_id", ForeignKey("studies.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", String(255), nullable=False),
    Column("source", String(64), nullable=False),
    Column("parameters", Text, nullable=False),
    # Equal for equal points, of suggested trials only: no two workers get the same point.
    Column("claim", String(64)),
    # running, completed, infeasible, failed or abandoned.
    Column("state", String(16), nullable=False),
    Column("outcome", Text),
    # 1 for the first trial that finished, and so on: the order in which strategies are told.
    Column("finish_order", Integer),
    Column("worker", String(255)),
    # When its worker last said that it lives; null: nobody watches over this trial.
    Column("alive_at", Float),
    Column("deaths", Integer, nullable=False),
    Column("started_at", Float, nullable=False),
    Column("finished_at", Float),
    # JSON: metrics, details of broken constraints, mappings, seconds.
    Column("findings", Text),
    UniqueConstraint("study_id", "claim", name="uq_trials_claim"),
    UniqueConstraint("study_id", "finish_order", name="uq_trials_finish_order"),
    Index("ix_trials_state", "study_id", "state"),
)
