"""Tables without a module of their own."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, Index, text
from sqlmodel import Field, SQLModel

from bot.columns import UtcTime


def _partial_index(name: str, column: str, *, where: str) -> Index:
    """Index only the rows that are looked for: the others are most of the table."""
    return Index(name, column, sqlite_where=text(where), postgresql_where=text(where))


class Job(SQLModel, table=True):
    """Work for a worker: a post, an edit, a report, a diagnosis.

    Written in the transaction that makes it necessary; `finished_at` is set when it is done or
    given up. `name` is made of its meaning, such as `report:LD-12`. `attempt` counts the attempts
    so far, `failures` those since the last that ended well. `locked_by` is the token of the
    lease that is valid until `locked_until`, by the database's clock; `rerun` says that the job
    was enqueued once more while it ran. `request_id` names Slack's request that enqueued it,
    perhaps by way of other jobs, in the log. Jobs of one `partition` start at its pace.
    """

    __tablename__ = "job"
    __table_args__ = (
        _partial_index("ix_job_due_at", "due_at", where="finished_at IS NULL"),
        _partial_index("ix_job_locked_by", "locked_by", where="locked_by IS NOT NULL"),
        _partial_index("ix_job_finished_at", "finished_at", where="finished_at IS NOT NULL"),
    )

    name: str = Field(primary_key=True)
    kind: str
    request_id: str = Field(default="", sa_column_kwargs={"server_default": ""})
    ticket: int | None = Field(default=None, index=True)
    arguments: list[Any] = Field(default_factory=list, sa_type=JSON)
    partition: str = ""
    attempt: int = 0
    due_at: dt.datetime = Field(sa_type=UtcTime)
    finished_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    locked_by: str | None = None
    locked_until: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    rerun: bool = False
    failures: int = 0
    last_error: str = ""


class JobPartition(SQLModel, table=True):
    """Jobs that share a rate limit, such as those that post in one channel.

    The next of them starts at `free_at` at the earliest.
    """

    __tablename__ = "job_partition"

    name: str = Field(primary_key=True)
    free_at: dt.datetime = Field(sa_type=UtcTime)


class Heartbeat(SQLModel, table=True):
    """When a worker was last seen."""

    __tablename__ = "heartbeat"

    worker: str = Field(primary_key=True)
    at: dt.datetime = Field(sa_type=UtcTime)


class UserPreferences(SQLModel, table=True):
    """The preferences of one person in one workspace."""

    __tablename__ = "user_preferences"

    team: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    locale: str = ""
    default_app: str = Field(default="", sa_column_kwargs={"server_default": ""})
    home_filters: dict[str, Any] = Field(  # the filters of their App Home
        default_factory=dict, sa_type=JSON, sa_column_kwargs={"server_default": text("'{}'")}
    )
    onboarded_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)


class SentNotification(SQLModel, table=True):
    """A private message about a ticket; a message with a row is not sent again.

    `kind` is its reason (`filed`, `handed`, `alerted`, `offered`), `key` distinguishes messages of
    one kind (a ticket can be handed over twice). `ts` is "" until it is posted.
    """

    __tablename__ = "sent_notification"

    ticket: int = Field(primary_key=True)
    person: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    key: str = Field(default="", primary_key=True)
    channel: str = ""
    ts: str = ""
    attempted_at: dt.datetime = Field(sa_type=UtcTime)
    sent_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)


class Mention(SQLModel, table=True):
    """A message that names tickets; their status is posted in its thread, once."""

    __tablename__ = "mention"

    team: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    ts: str = Field(primary_key=True)
    thread_ts: str = ""
    person: str
    ticket_numbers: list[int] = Field(default_factory=list, sa_type=JSON)
    at: dt.datetime = Field(sa_type=UtcTime)


class ChannelPreferences(SQLModel, table=True):
    """The preferences of one channel in one workspace."""

    __tablename__ = "channel_preferences"

    team: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    locale: str = ""


class InquiryRow(SQLModel, table=True):
    """An inquiry about a channel; `response_url` is a secret valid for half an hour."""

    __tablename__ = "inquiry"

    id: str = Field(primary_key=True)
    team: str
    person: str
    channel: str
    response_url: str
    app: str
    cname: str
    locale: str
    timezone: str
    since_s: float | None = None
    topic: str = ""
    requested_at: dt.datetime = Field(sa_type=UtcTime)


class ThreadReply(SQLModel, table=True):
    """A reply in a ticket's thread, stored from Slack's events."""

    __tablename__ = "thread_reply"

    team: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    ts: str = Field(primary_key=True)
    ticket: int = Field(index=True)
    person: str
    text: str


class KeyValue(SQLModel, table=True):
    """A stored value, such as the API generation of an app."""

    __tablename__ = "key_value"

    name: str = Field(primary_key=True)
    value: str
    at: dt.datetime = Field(sa_type=UtcTime)
