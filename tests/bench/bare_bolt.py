"""A bare Bolt app, what Lagdesk is compared with: the same requests, done the simplest way.

`python -m tests.bench.bare_bolt PORT DATABASE [waits]`; with `waits` Bolt waits for the listener
(`process_before_response`) instead of looking for the acknowledgement every 10 ms.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from typing import Any

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


def create(database: sqlite3.Connection, *, waits: bool) -> AsyncApp:
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
        database.execute("INSERT INTO ticket (origin, form) VALUES (?, ?)", (view["id"], values))
        database.commit()
        await ack()

    _ = answer, open_form, save  # Bolt has them
    return app


def main(port: int, file: str, *words: str) -> None:
    """Serve until the process is killed."""
    database = sqlite3.connect(file)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE ticket (number INTEGER PRIMARY KEY, origin UNIQUE, form)")
    create(database, waits="waits" in words).start(port)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
