"""Where a ticket is in Slack: its table."""

from __future__ import annotations

from sqlmodel import Field, Index

from bot.columns import Row


class TicketThread(Row, table=True):
    """Where a ticket is in Slack: its card, the thread below it, and what was posted there."""

    __tablename__ = "ticket_thread"
    __table_args__ = (Index("ix_ticket_thread_card", "channel", "card_ts"),)

    ticket: int | None = Field(default=None, primary_key=True, foreign_key="ticket.number")
    channel: str = ""
    card_ts: str = ""
    root_ts: str = Field(  # the post in whose thread the card is, "" for none
        default="", sa_column_kwargs={"server_default": ""}
    )
    permalink: str = ""
    diagnosis_ts: str = ""
    chart_file_id: str = ""  # Slack's id of the picture in the diagnosis
    chart_alt_text: str = ""
    incident_permalink: str = ""

    @property
    def ts(self) -> str:
        """The post that begins the thread: the card, or the one in whose thread that is."""
        return self.root_ts or self.card_ts

    def move_to(self, channel: str, card_ts: str, root_ts: str = "") -> None:
        """Record a new card; a diagnosis in the thread of an earlier card does not count."""
        self.channel, self.card_ts, self.root_ts = channel, card_ts, root_ts
        self.diagnosis_ts = ""
