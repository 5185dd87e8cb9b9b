"""The tables beside the ticket's. Their questions live in the modules named after them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, text
from sqlmodel import Field, SQLModel

from bot.ticket import UtcTime


class Duty(SQLModel, table=True):
    """Something we owe the world outside: a post, an edit, a report, a diagnosis.

    Written in the transaction that makes it owed; `done_at` is set when it is carried out or
    given up. `name` is made of its meaning, such as `report:LD-12`. `attempt` counts the tries
    begun so far, `failures` those since the last one that ended well. `holder` is the worker
    that carries it out now; `again` says that it became owed once more meanwhile.
    """

    name: str = Field(primary_key=True)
    kind: str
    ticket: int | None = Field(default=None, index=True)
    attempt: int = 0
    due_at: dt.datetime = Field(sa_type=UtcTime, index=True)
    done_at: dt.datetime | None = Field(default=None, sa_type=UtcTime, index=True)
    begun_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    holder: str | None = Field(default=None, index=True)
    again: bool = False
    failures: int = 0
    last_error: str = ""


class Heartbeat(SQLModel, table=True):
    """A worker's sign of life; the sweeper frees what a silent one held."""

    worker: str = Field(primary_key=True)
    at: dt.datetime = Field(sa_type=UtcTime)


class Reader(SQLModel, table=True):
    """What one person chose, in one workspace."""

    team: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    locale: str = ""
    default_app: str = Field(default="", sa_column_kwargs={"server_default": ""})
    muted: list[str] = Field(  # kinds of private messages they do not want
        default_factory=list, sa_type=JSON, sa_column_kwargs={"server_default": text("'[]'")}
    )
    home: dict[str, Any] = Field(  # the filters they left their home with
        default_factory=dict, sa_type=JSON, sa_column_kwargs={"server_default": text("'{}'")}
    )
    greeted_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)


class Notice(SQLModel, table=True):
    """A private message about a ticket; what stands here is not sent again.

    `kind` is what it tells (`filed`, `claimed`, `explained`, `resolved`), `key` tells occasions
    of one kind apart (a ticket can be resolved twice). `ts` is "" until Slack answered.
    """

    ticket: int = Field(primary_key=True)
    person: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    key: str = Field(default="", primary_key=True)
    channel: str = ""
    ts: str = ""
    begun_at: dt.datetime = Field(sa_type=UtcTime)
    told_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)


class Mention(SQLModel, table=True):
    """A message that names tickets; their state is told in its thread, once."""

    team: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    ts: str = Field(primary_key=True)
    thread_ts: str = ""
    person: str
    numbers: list[int] = Field(default_factory=list, sa_type=JSON)
    answer_ts: str = ""
    at: dt.datetime = Field(sa_type=UtcTime)


class Channel(SQLModel, table=True):
    """What was chosen for one channel, in one workspace."""

    team: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    locale: str = ""


class Question(SQLModel, table=True):
    """Somebody asked about a channel; the answer goes to `answer_url`, a secret of half an hour."""

    id: str = Field(primary_key=True)
    team: str
    person: str
    channel: str
    answer_url: str
    app: str
    cname: str
    locale: str
    timezone: str
    since_s: float | None = None
    topic: str = ""
    asked_at: dt.datetime = Field(sa_type=UtcTime)


class Remark(SQLModel, table=True):
    """A reply in a ticket's thread, kept from Slack's events."""

    team: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    ts: str = Field(primary_key=True)
    ticket: int = Field(index=True)
    person: str
    text: str


class Trait(SQLModel, table=True):
    """A fact learnt once and remembered, such as which API generation an app answers."""

    name: str = Field(primary_key=True)
    value: str
    at: dt.datetime = Field(sa_type=UtcTime)
