"""The report of a ticket to its cloud: its table and its states."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlmodel import JSON, Field

from bot.columns import EnumText, Row, UtcTime


class ReportState(StrEnum):
    """The state of the report to the cloud."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"  # it may have arrived, so it is sent again only by a person
    UNSUPPORTED = "unsupported"  # this cloud has no such endpoint
    OFF = "off"  # switched off by a setting


class CloudReport(Row, table=True):
    """The report of a ticket to its cloud."""

    __tablename__ = "cloud_report"

    ticket: int | None = Field(default=None, primary_key=True, foreign_key="ticket.number")
    state: ReportState = Field(default=ReportState.PENDING, sa_type=EnumText(ReportState))
    attempts: int = 0
    attempted_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)  # outcome unknown yet
    retry_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)  # of a refused report
    reason: dict[str, Any] | None = Field(default=None, sa_type=JSON)

    @property
    def is_unsent(self) -> bool:
        """Whether the report is still to be sent, for the first time or after a failure."""
        return self.state is ReportState.PENDING or self.retry_at is not None

    @property
    def may_have_arrived(self) -> bool:
        """Whether the cloud may have the report."""
        sent = self.state in (ReportState.ACCEPTED, ReportState.UNCONFIRMED)
        return sent or self.attempted_at is not None

    def set_state(
        self,
        state: ReportState,
        reason: dict[str, Any] | None = None,
        retry_at: dt.datetime | None = None,
    ) -> None:
        """Record the outcome of an attempt, or start anew with `PENDING`."""
        self.state, self.reason, self.retry_at = state, reason, retry_at
        self.attempted_at = None


def previously_reported_cloud(history: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the cloud that has a report from before the last correction of a ticket.

    None when a person had the report sent again since.
    """
    for event in reversed(history):
        if event["what"] == "report_again":
            return None
        if "reported_to" in event:
            return str(event["reported_to"])
    return None
