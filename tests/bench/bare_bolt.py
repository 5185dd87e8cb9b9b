"""A bare Bolt app, what Lagdesk is compared with: the same requests, done the simplest way.

`python -m tests.bench.bare_bolt PORT [waits]`; with `waits` Bolt waits for the listener
(`process_before_response`) instead of looking for the acknowledgement every 10 ms. DATABASE_URL
is the database in which a form is saved.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Final

import psycopg
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

VIEW: dict[str, Any] = {
    "type": "modal",
    "callback_id": "report",
    "title": {"type": "plain_text", "text": "Report a call"},
    "submit": {"type": "plain_text", "text": "Submit"},
    "blocks": [
        {
            "type": "input",
            "block_id": name,
            "label": {"type": "plain_text", "text": name},
            "element": {"type": "plain_text_input", "action_id": "value"},
        }
        for name in ("cname", "teacher_uid", "student_uid", "abnormal_side", "issue_type", "at")
    ],
}

_TABLE: Final = "CREATE TABLE saved (number {} PRIMARY KEY, origin text UNIQUE, form text)"
Save = Callable[[str, str], Awaitable[None]]


def create(save_row: Save, *, waits: bool) -> AsyncApp:
    """Create the app; a submitted form is one durable commit."""
    url, token = os.environ["SLACK_API_URL"], os.environ["SLACK_BOT_TOKEN"]
    app = AsyncApp(
        signing_secret=os.environ["SLACK_SIGNING_SECRET"],
        client=AsyncWebClient(token=token, base_url=url),
        process_before_response=waits,
    )

    @app.command("/lagdesk")
    async def answer(ack: AsyncAck) -> None:
        await ack("This is the help.")

    @app.command("/report")
    async def open_form(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=VIEW)

    @app.view("report")
    async def save(ack: AsyncAck, view: dict[str, Any]) -> None:
        values = json.dumps(view["state"]["values"])
        await save_row(view["id"], values)
        await ack()

    _ = answer, open_form, save  # Bolt has them
    return app


def in_sqlite(file: str) -> Save:
    """Return what saves a row in a new SQLite database."""
    database = sqlite3.connect(file)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute(_TABLE.format("INTEGER"))

    async def save(origin: str, form: str) -> None:
        database.execute("INSERT INTO saved (origin, form) VALUES (?, ?)", (origin, form))
        database.commit()

    return save


def in_postgres(url: str) -> Save:
    """Return what saves a row in PostgreSQL, over one connection."""
    opened: list[psycopg.AsyncConnection[Any]] = []

    async def connect() -> psycopg.AsyncConnection[Any]:
        connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
        await connection.execute(_TABLE.format("serial"))
        return connection

    async def save(origin: str, form: str) -> None:
        if not opened:
            opened.append(await connect())
        insert = "INSERT INTO saved (origin, form) VALUES (%s, %s)"
        await opened[0].execute(insert, (origin, form))

    return save


def main(port: int, *words: str) -> None:
    """Serve until the process is killed."""
    url = os.environ["DATABASE_URL"]
    file = url.removeprefix("sqlite:///")
    save = in_sqlite(file) if file != url else in_postgres(url.replace("+psycopg", "", 1))
    create(save, waits="waits" in words).start(port)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
