"""Files: the three steps, and the moment a finished file is not there yet."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from bot.sandbox.slack import Workspace

PNG = b"\x89PNG\r\n"


async def upload(call: Any, name: str = "chart.png", data: bytes = PNG) -> str:
    """Upload a file in the first two steps; return its id."""
    first = await call(
        "files.getUploadURLExternal", form=True, filename=name, length=str(len(data))
    )
    url = first.body["upload_url"]
    async with aiohttp.ClientSession() as session, session.post(url, data=data) as response:
        assert (response.status, await response.text()) == (200, f"OK - {len(data)}")
    file_id: str = first.body["file_id"]
    return file_id


async def complete(call: Any, file_id: str, **more: object) -> Any:
    """Complete an upload."""
    files = json.dumps([{"id": file_id, "title": "Chart"}])
    return await call("files.completeUploadExternal", form=True, files=files, **more)


def image(file_id: str) -> list[dict[str, Any]]:
    """Build the blocks that show a file."""
    return [{"type": "image", "slack_file": {"id": file_id}, "alt_text": "Loss over time"}]


@pytest.mark.parametrize("unready_file_uses", [0, 1, 3])
async def test_fresh_file_is_not_ready(
    workspace: Workspace, call: Any, unready_file_uses: int
) -> None:
    """A post right after completion is refused as often as configured, then taken."""
    workspace.unready_file_uses = unready_file_uses
    file_id = await upload(call)
    assert (await complete(call, file_id)).error == ""
    post = {"channel": "C07TEACHERS", "text": "chart", "blocks": image(file_id)}
    refused = [await call("chat.postMessage", **post) for _ in range(unready_file_uses)]
    lines = ["invalid slack file [json-pointer:/blocks/0/slack_file]"] * unready_file_uses
    assert lines == [response.body["errors"][0] for response in refused]
    assert (await call("chat.postMessage", **post)).error == ""


async def test_info_has_the_type_when_ready(call: Any) -> None:
    """files.info has no mimetype until the file is ready."""
    file_id = await upload(call)
    await complete(call, file_id)
    files = [(await call("files.info", form=True, file=file_id)).body["file"] for _ in range(2)]
    assert [file["mimetype"] for file in files] == ["", "image/png"]


async def test_unfinished_file_is_not_there(call: Any) -> None:
    """Without the last step, or with bytes of another length, there is no file."""
    first = await call("files.getUploadURLExternal", form=True, filename="a.png", length="3")
    file_id, url = first.body["file_id"], first.body["upload_url"]
    async with aiohttp.ClientSession() as session, session.post(url, data=b"four") as response:
        assert response.status == 400
    assert (await complete(call, file_id)).error == "file_not_found"
    assert (await call("files.info", form=True, file=file_id)).error == "file_not_found"


@pytest.mark.parametrize(
    ("fault", "logged"),
    [("", (200, "OK - 3")), ("http_500", (0, "not read"))],
)
async def test_an_upload_is_logged(
    workspace: Workspace, call: Any, fault: str, logged: tuple[int, str]
) -> None:
    """With its size; one that broke has no status."""
    first = await call("files.getUploadURLExternal", form=True, filename="a.png", length="3")
    if fault:
        workspace.fail_next("upload", fault)
    async with (
        aiohttp.ClientSession() as session,
        session.post(first.body["upload_url"], data="abc"),
    ):
        entry = workspace.calls[-1]
    assert (entry["name"], entry["request"]) == ("upload", {"bytes": 3})
    assert (entry["status"], entry["response"]) == logged


@pytest.mark.parametrize("length", ["0", "-1"])
async def test_length_is_positive(call: Any, length: str) -> None:
    """An empty file cannot be announced."""
    response = await call("files.getUploadURLExternal", form=True, filename="a", length=length)
    assert response.error == "invalid_arguments"


async def test_shared_upload_is_a_message(workspace: Workspace, call: Any) -> None:
    """With a channel the file is posted there at once."""
    file_id = await upload(call)
    response = await complete(call, file_id, channel_id="C07TEACHERS", initial_comment="look")
    message = workspace.messages("teachers")[0]
    assert ("", "look", file_id) == (response.error, message["text"], message["files"][0]["id"])


async def test_an_upload_is_shared_where_the_app_is(workspace: Workspace, call: Any) -> None:
    """Elsewhere it is refused, and shared nowhere."""
    workspace.remove_bot("escalations")
    file_id = await upload(call)
    response = await complete(call, file_id, channel_id="C07ESCALATE")
    assert (response.error, workspace.messages("escalations")) == ("not_in_channel", [])


async def test_only_pictures_are_displayed(workspace: Workspace, call: Any) -> None:
    """An image block takes no other kind of file, nor a deleted one."""
    workspace.unready_file_uses = 0
    table, picture = await upload(call, "a.csv"), await upload(call)
    for file_id in (table, picture):
        await complete(call, file_id)
    await call("files.delete", file=picture)
    for file_id in (table, picture):
        post = {"channel": "C07TEACHERS", "text": "x", "blocks": image(file_id)}
        assert (await call("chat.postMessage", **post)).error == "invalid_blocks"
    assert (await call("files.info", form=True, file=picture)).error == "file_deleted"


async def test_upload_breaks_on_demand(workspace: Workspace, call: Any) -> None:
    """An upload can fail on the wire, with the bytes arrived or not."""
    first = await call("files.getUploadURLExternal", form=True, filename="a.png", length="3")
    file_id, url = first.body["file_id"], first.body["upload_url"]
    for after_effect, error in ((False, "file_not_found"), (True, "")):
        workspace.fail_next("upload", "http_500", after_effect=after_effect)
        async with aiohttp.ClientSession() as session, session.post(url, data=b"abc") as response:
            assert response.status == 500
        assert error == (await complete(call, file_id)).error
