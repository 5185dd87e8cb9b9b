"""The tables without a module of their own."""

from __future__ import annotations

import pytest
from sqlmodel import SQLModel

from bot.store import Session, Store, models
from tests.bot.store.factories import NOON
from tests.bot.store.schema import schema_of_database, schema_of_model


@pytest.mark.parametrize(
    "model",
    [
        models.UserPreferences,
        models.SentNotification,
        models.Mention,
        models.ChannelPreferences,
        models.InquiryRow,
        models.ThreadReply,
        models.KeyValue,
    ],
)
def test_models_are_the_tables_of_the_migrations(
    model: type[SQLModel], migrated_store: Store
) -> None:
    """Columns, keys and indexes are alike, so that a migrated database needs no further revision."""
    assert schema_of_model(model) == schema_of_database(migrated_store, model)


def test_rows_that_are_hardly_filled(session: Session) -> None:
    """A person without a choice, a message before it is sent, an inquiry without a limit."""
    rows = [
        models.UserPreferences(team="T1", person="U1"),
        models.SentNotification(ticket=1, person="U1", kind="filed", attempted_at=NOON),
        models.Mention(team="T1", channel="C1", ts="1.0", person="U1", at=NOON),
    ]
    session.add_all(rows)
    session.flush()
    session.expire_all()
    person, notification, mention = rows
    assert isinstance(person, models.UserPreferences)
    assert (person.locale, person.default_app, person.onboarded_at) == ("", "", None)
    assert person.home_filters == {}
    assert isinstance(notification, models.SentNotification)
    assert (notification.key, notification.ts, notification.sent_at) == ("", "", None)
    assert isinstance(mention, models.Mention)
    assert (mention.ticket_numbers, mention.thread_ts) == ([], "")
