"""The initial schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tickets import search_index

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "api_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("is_block", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("api_call", schema=None) as batch_op:
        batch_op.create_index("ix_api_call_bucket_at", ["bucket", "at"], unique=False)

    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=True),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("team", "origin", "action"),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_person"), ["person"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_ticket"), ["ticket"], unique=False)

    op.create_table(
        "cached_response",
        sa.Column("cache_key", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("cache_key"),
    )
    op.create_table(
        "channel_preferences",
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("team", "channel"),
    )
    op.create_table(
        "evidence",
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("packed_series", sa.LargeBinary(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("ticket"),
    )
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evidence_at"), ["at"], unique=False)

    op.create_table(
        "heartbeat",
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("worker"),
    )
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("last_ticket_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("ts", sa.String(), nullable=False),
        sa.Column("permalink", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incident_closed_at"), ["closed_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_incident_team"), ["team"], unique=False)

    op.create_table(
        "inquiry",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("response_url", sa.String(), nullable=False),
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("cname", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("since_s", sa.Float(), nullable=True),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("requested_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "installation",
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("team"),
    )
    op.create_table(
        "job",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=True),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("partition", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("locked_by", sa.String(), nullable=True),
        sa.Column("locked_until", sa.DateTime(), nullable=True),
        sa.Column("rerun", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(
            "ix_job_due_at",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )
        batch_op.create_index(
            "ix_job_finished_at",
            ["finished_at"],
            unique=False,
            sqlite_where=sa.text("finished_at IS NOT NULL"),
            postgresql_where=sa.text("finished_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_job_locked_by",
            ["locked_by"],
            unique=False,
            sqlite_where=sa.text("locked_by IS NOT NULL"),
            postgresql_where=sa.text("locked_by IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_job_ticket"), ["ticket"], unique=False)

    op.create_table(
        "job_partition",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("free_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "key_value",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "mention",
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("ts", sa.String(), nullable=False),
        sa.Column("thread_ts", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("ticket_numbers", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("team", "channel", "ts"),
    )
    op.create_table(
        "polled_event",
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("cname", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("peer", sa.String(), nullable=False),
        sa.Column("factors", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("app", "cname", "at", "uid", "code"),
    )
    with op.batch_alter_table("polled_event", schema=None) as batch_op:
        batch_op.create_index("ix_polled_event_app_at", ["app", "at"], unique=False)

    op.create_table(
        "recording",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("cname", sa.String(), nullable=False),
        sa.Column("side", sa.String(20), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("requested_at", sa.DateTime(), nullable=False),
        sa.Column("attempted_at", sa.DateTime(), nullable=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.JSON(), nullable=True),
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("stop_reason", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(), nullable=True),
        sa.Column("stop_requested_by", sa.String(), nullable=False),
        sa.Column("stop_requested_at", sa.DateTime(), nullable=True),
        sa.Column("stop_accepted_at", sa.DateTime(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("has_webhook", sa.Boolean(), nullable=True),
        sa.Column("poll_count", sa.Integer(), nullable=False),
        sa.Column("status_ts", sa.String(), nullable=False),
        sa.Column("posted_status", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("team", "origin"),
    )
    with op.batch_alter_table("recording", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recording_job_id"), ["job_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_recording_ticket"), ["ticket"], unique=False)

    op.create_table(
        "recording_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recording", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("duration_s", sa.Integer(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("recording", "bucket", "path"),
    )
    with op.batch_alter_table("recording_file", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recording_file_recording"), ["recording"], unique=False
        )

    op.create_table(
        "room_command",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("requested_at", sa.DateTime(), nullable=False),
        sa.Column("attempted_at", sa.DateTime(), nullable=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.JSON(), nullable=True),
        sa.Column("status_ts", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("team", "origin"),
    )
    with op.batch_alter_table("room_command", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_room_command_ticket"), ["ticket"], unique=False)

    op.create_table(
        "scanned_interval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.Column("is_full", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("scanned_interval", schema=None) as batch_op:
        batch_op.create_index("ix_scanned_interval_app_until", ["app", "until"], unique=False)

    op.create_table(
        "sent_notification",
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("ts", sa.String(), nullable=False),
        sa.Column("attempted_at", sa.DateTime(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("ticket", "person", "kind", "key"),
    )
    op.create_table(
        "thread_reply",
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("ts", sa.String(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("team", "channel", "ts"),
    )
    with op.batch_alter_table("thread_reply", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_thread_reply_ticket"), ["ticket"], unique=False)

    op.create_table(
        "ticket",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("cloud", sa.String(), nullable=False),
        sa.Column("cname", sa.String(), nullable=False),
        sa.Column("teacher_uid", sa.String(), nullable=False),
        sa.Column("student_uid", sa.String(), nullable=False),
        sa.Column("abnormal_side", sa.String(20), nullable=False),
        sa.Column("issue_type", sa.Integer(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("comments", sa.String(), nullable=False),
        sa.Column("reporter", sa.String(), nullable=False),
        sa.Column("assignee", sa.String(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(), nullable=True),
        sa.Column("escalated_at", sa.DateTime(), nullable=True),
        sa.Column("escalation_step", sa.Integer(), server_default="0", nullable=False),
        sa.Column("escalates_at", sa.DateTime(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(), nullable=True),
        sa.Column("resolver", sa.String(), nullable=True),
        sa.Column("resolution", sa.String(), nullable=False),
        sa.Column("resolved_cause", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("at_fault_uid", sa.String(), nullable=False),
        sa.Column("verdict", sa.JSON(), nullable=True),
        sa.Column("diagnosed_at", sa.DateTime(), nullable=True),
        sa.Column("incident", sa.Integer(), nullable=True),
        sa.Column("duplicate_of", sa.Integer(), nullable=True),
        sa.Column("related", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("history", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("helped", sa.Boolean(), nullable=True),
        sa.Column("is_live", sa.Boolean(), nullable=True),
        sa.Column("urgency", sa.Integer(), server_default="0", nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("team", "origin"),
    )
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_app", ["team", "app", "number"], unique=False)
        batch_op.create_index("ix_ticket_assignee", ["team", "assignee", "number"], unique=False)
        batch_op.create_index("ix_ticket_cause", ["team", "cause", "number"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_claimed_at"), ["claimed_at"], unique=False)
        batch_op.create_index("ix_ticket_cname", ["team", "cname", "number"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_duplicate_of"), ["duplicate_of"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_incident"), ["incident"], unique=False)
        batch_op.create_index(
            "ix_ticket_queue", ["team", "status", "urgency", "number"], unique=False
        )
        batch_op.create_index("ix_ticket_reporter", ["team", "reporter", "number"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_resolved_at"), ["resolved_at"], unique=False)
        batch_op.create_index("ix_ticket_status", ["team", "status", "number"], unique=False)
        batch_op.create_index("ix_ticket_student", ["app", "student_uid", "number"], unique=False)
        batch_op.create_index("ix_ticket_teacher", ["app", "teacher_uid", "number"], unique=False)

    op.create_table(
        "uptime_interval",
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("since"),
    )
    with op.batch_alter_table("uptime_interval", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_uptime_interval_until"), ["until"], unique=False)

    op.create_table(
        "user_preferences",
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("default_app", sa.String(), server_default="", nullable=False),
        sa.Column("muted_kinds", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("home_filters", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("onboarded_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("team", "person"),
    )
    op.create_table(
        "verdict_feedback",
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("rating", sa.String(20), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("ticket", "person"),
    )
    with op.batch_alter_table("verdict_feedback", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_verdict_feedback_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_verdict_feedback_team"), ["team"], unique=False)

    op.create_table(
        "webhook_event",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("webhook_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webhook_event_at"), ["at"], unique=False)

    op.create_table(
        "weekly_summary",
        sa.Column("week", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("ts", sa.String(), nullable=False),
        sa.Column("posted_at", sa.DateTime(), nullable=True),
        sa.Column("details_ts", sa.String(), nullable=False),
        sa.Column("metrics", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("week", "channel"),
    )
    op.create_table(
        "cloud_report",
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("attempted_at", sa.DateTime(), nullable=True),
        sa.Column("retry_at", sa.DateTime(), nullable=True),
        sa.Column("reason", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.number"]),
        sa.PrimaryKeyConstraint("ticket"),
    )
    op.create_table(
        "ticket_thread",
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("card_ts", sa.String(), nullable=False),
        sa.Column("permalink", sa.String(), nullable=False),
        sa.Column("diagnosis_ts", sa.String(), nullable=False),
        sa.Column("chart_file_id", sa.String(), nullable=False),
        sa.Column("chart_alt_text", sa.String(), nullable=False),
        sa.Column("incident_permalink", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.number"]),
        sa.PrimaryKeyConstraint("ticket"),
    )
    with op.batch_alter_table("ticket_thread", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_thread_card", ["channel", "card_ts"], unique=False)

    search_index.create(op.get_bind())


def downgrade() -> None:
    """Go back to the one before."""
    search_index.drop(op.get_bind())
    with op.batch_alter_table("ticket_thread", schema=None) as batch_op:
        batch_op.drop_index("ix_ticket_thread_card")

    op.drop_table("ticket_thread")
    op.drop_table("cloud_report")
    op.drop_table("weekly_summary")
    with op.batch_alter_table("webhook_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_webhook_event_at"))

    op.drop_table("webhook_event")
    with op.batch_alter_table("verdict_feedback", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_verdict_feedback_team"))
        batch_op.drop_index(batch_op.f("ix_verdict_feedback_at"))

    op.drop_table("verdict_feedback")
    op.drop_table("user_preferences")
    with op.batch_alter_table("uptime_interval", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_uptime_interval_until"))

    op.drop_table("uptime_interval")
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_index("ix_ticket_teacher")
        batch_op.drop_index("ix_ticket_student")
        batch_op.drop_index("ix_ticket_status")
        batch_op.drop_index(batch_op.f("ix_ticket_resolved_at"))
        batch_op.drop_index("ix_ticket_reporter")
        batch_op.drop_index("ix_ticket_queue")
        batch_op.drop_index(batch_op.f("ix_ticket_incident"))
        batch_op.drop_index(batch_op.f("ix_ticket_duplicate_of"))
        batch_op.drop_index(batch_op.f("ix_ticket_created_at"))
        batch_op.drop_index("ix_ticket_cname")
        batch_op.drop_index(batch_op.f("ix_ticket_claimed_at"))
        batch_op.drop_index("ix_ticket_cause")
        batch_op.drop_index("ix_ticket_assignee")
        batch_op.drop_index("ix_ticket_app")

    op.drop_table("ticket")
    with op.batch_alter_table("thread_reply", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_thread_reply_ticket"))

    op.drop_table("thread_reply")
    op.drop_table("sent_notification")
    with op.batch_alter_table("scanned_interval", schema=None) as batch_op:
        batch_op.drop_index("ix_scanned_interval_app_until")

    op.drop_table("scanned_interval")
    with op.batch_alter_table("room_command", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_room_command_ticket"))

    op.drop_table("room_command")
    with op.batch_alter_table("recording_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recording_file_recording"))

    op.drop_table("recording_file")
    with op.batch_alter_table("recording", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recording_ticket"))
        batch_op.drop_index(batch_op.f("ix_recording_job_id"))

    op.drop_table("recording")
    with op.batch_alter_table("polled_event", schema=None) as batch_op:
        batch_op.drop_index("ix_polled_event_app_at")

    op.drop_table("polled_event")
    op.drop_table("mention")
    op.drop_table("key_value")
    op.drop_table("job_partition")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_ticket"))
        batch_op.drop_index(
            "ix_job_locked_by",
            sqlite_where=sa.text("locked_by IS NOT NULL"),
            postgresql_where=sa.text("locked_by IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_job_finished_at",
            sqlite_where=sa.text("finished_at IS NOT NULL"),
            postgresql_where=sa.text("finished_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_job_due_at",
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )

    op.drop_table("job")
    op.drop_table("installation")
    op.drop_table("inquiry")
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_incident_team"))
        batch_op.drop_index(batch_op.f("ix_incident_closed_at"))

    op.drop_table("incident")
    op.drop_table("heartbeat")
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evidence_at"))

    op.drop_table("evidence")
    op.drop_table("channel_preferences")
    op.drop_table("cached_response")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_ticket"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_person"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_at"))

    op.drop_table("audit_entry")
    with op.batch_alter_table("api_call", schema=None) as batch_op:
        batch_op.drop_index("ix_api_call_bucket_at")

    op.drop_table("api_call")
