"""Room commands."""

from __future__ import annotations

from bot.call_control import RoomAction, RoomCommandState
from bot.store import Session, Store
from bot.store.call_control import room_commands
from bot.store.call_control.room_commands import RoomCommand
from tests.bot.store.factories import NOON
from tests.bot.store.schema import schema_of_database, schema_of_model


def test_command_is_that_of_its_view(session: Session) -> None:
    """It is pending at first; another workspace's view with this id is another one."""
    for team, person in (("T1", "U1"), ("T2", "U2")):
        session.add(
            RoomCommand(
                team=team,
                origin="V1",
                ticket=7,
                person=person,
                action=RoomAction.DISMISS,
                requested_at=NOON,
            )
        )
    session.flush()
    command = room_commands.find_by_origin(session, "T2", "V1")
    assert command is not None
    assert (command.person, command.state) == ("U2", RoomCommandState.PENDING)
    assert room_commands.find_by_origin(session, "T1", "V2") is None


def test_table_is_that_of_the_migrations(migrated_store: Store) -> None:
    """A migrated database needs no further revision."""
    assert schema_of_model(RoomCommand) == schema_of_database(migrated_store, RoomCommand)
