"""views.*: triggers, the stack of three, hashes, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.slack import Workspace

LIN = "U07LIN00001"


async def open_modal(workspace: Workspace, call: Any, view: dict[str, Any]) -> dict[str, Any]:
    """Open a modal for lin with a fresh trigger; return the view."""
    response = await call("views.open", trigger_id=workspace.make_trigger(LIN), view=view)
    assert response.error == ""
    opened: dict[str, Any] = response.body["view"]
    return opened


async def test_trigger_is_good_once(workspace: Workspace, call: Any, modal: Any) -> None:
    """A trigger id opens one modal, within three seconds."""
    trigger = workspace.make_trigger(LIN)
    errors = [(await call("views.open", trigger_id=trigger, view=modal())).error for _ in range(2)]
    assert errors == ["", "exchanged_trigger_id"]
    assert (
        await call("views.open", trigger_id="1.2.3", view=modal())
    ).error == "invalid_trigger_id"


async def test_trigger_expires(workspace: Workspace, call: Any, modal: Any, clock: Any) -> None:
    """After three seconds a trigger id is stale."""
    trigger = workspace.make_trigger(LIN)
    clock.now += 3.1
    response = await call("views.open", trigger_id=trigger, view=modal())
    assert response.error == "expired_trigger_id"


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"title": None}, "[json-pointer:/view"),
        ({"colour": "red"}, "invalid additional property: colour [json-pointer:/view]"),
        ({"type": "home"}, "[json-pointer:/view"),
    ],
)
async def test_invalid_view_is_pointed_at(
    workspace: Workspace, call: Any, modal: Any, change: dict[str, Any], line: str
) -> None:
    """views.* return invalid_arguments with lines, and the trigger can be used again."""
    view = {key: value for key, value in modal(**change).items() if value is not None}
    trigger = workspace.make_trigger(LIN)
    response = await call("views.open", trigger_id=trigger, view=view)
    assert response.error == "invalid_arguments"
    assert any(line in one for one in response.body["response_metadata"]["messages"])
    assert (await call("views.open", trigger_id=trigger, view=modal())).error == ""


async def test_stack_has_three_views(workspace: Workspace, call: Any, modal: Any) -> None:
    """One opened and two pushed views fill the stack; closing removes them one by one."""
    await open_modal(workspace, call, modal())
    errors = [
        (await call("views.push", trigger_id=workspace.make_trigger(LIN), view=modal())).error
        for _ in range(3)
    ]
    assert errors == ["", "", "push_limit_reached"]
    lin = workspace.person("lin")
    first, second, third = lin.views
    assert (first["id"], second["id"]) == (third["root_view_id"], third["previous_view_id"])
    await lin.close(third)
    assert [first["id"], second["id"]] == [view["id"] for view in lin.views]
    await lin.close(second, everything=True)
    assert lin.views == []


async def test_update_checks_hash(workspace: Workspace, call: Any, modal: Any) -> None:
    """An update from an older view is rejected; the id remains and the hash is new."""
    view = await open_modal(workspace, call, modal())
    where = {"view_id": view["id"], "hash": view["hash"]}
    updated = await call("views.update", **where, view=modal(callback_id="two"))
    assert ("", view["id"]) == (updated.error, updated.body["view"]["id"])
    assert (await call("views.update", **where, view=modal())).error == "hash_conflict"
    assert [view["callback_id"] for view in workspace.person("lin").views] == ["two"]


async def test_update_keeps_what_fields_have(workspace: Workspace, call: Any, modal: Any) -> None:
    """Another initial value is for new fields only, be a field typed into or empty."""

    def form(**values: str) -> Any:
        element = {"type": "plain_text_input", "action_id": "value"}
        return modal(
            blocks=[
                {
                    "type": "input",
                    "block_id": name,
                    "label": {"type": "plain_text", "text": name},
                    "element": element | ({"initial_value": value} if value else {}),
                }
                for name, value in values.items()
            ],
            submit={"type": "plain_text", "text": "OK"},
        )

    view = await open_modal(workspace, call, form(app="kids", uid=""))
    later = form(app="adults", uid="10001", cname="class_1")
    updated = await call("views.update", view_id=view["id"], view=later)
    values = updated.body["view"]["state"]["values"]
    assert [each["value"]["value"] for each in values.values()] == ["kids", None, "class_1"]


async def test_update_needs_open_view(workspace: Workspace, call: Any, modal: Any) -> None:
    """A modal that was closed cannot be updated."""
    view = await open_modal(workspace, call, modal())
    await workspace.person("lin").close(view)
    assert (await call("views.update", view_id=view["id"], view=modal())).error == "not_found"


async def test_external_id_is_unique(workspace: Workspace, call: Any, modal: Any) -> None:
    """Two open views cannot share an external id; an update may keep its own."""
    await open_modal(workspace, call, modal(external_id="form-1"))
    trigger = workspace.make_trigger("U07SAM00003")
    again = await call("views.open", trigger_id=trigger, view=modal(external_id="form-1"))
    assert again.error == "duplicate_external_id"
    update = await call("views.update", external_id="form-1", view=modal(external_id="form-1"))
    assert update.error == ""


async def test_home_is_published(workspace: Workspace, call: Any) -> None:
    """App Home is per user, keeps its id, and checks hashes."""
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    first = (await call("views.publish", user_id=LIN, view=home)).body["view"]
    second = (await call("views.publish", user_id=LIN, view=home, hash=first["hash"])).body["view"]
    assert first["id"] == second["id"]
    stale = await call("views.publish", user_id=LIN, view=home, hash=first["hash"])
    assert stale.error == "hash_conflict"
    assert workspace.person("lin").home is not None
    assert workspace.person("sam").home is None


async def test_an_update_of_a_home_is_its_owners(workspace: Workspace, call: Any) -> None:
    """Found by its id; other people's homes stay as they are."""
    divider = {"type": "home", "blocks": [{"type": "divider"}]}
    header = {"type": "header", "text": {"type": "plain_text", "text": "New"}}
    homes = [
        (await call("views.publish", user_id=user, view=divider)).body["view"]
        for user in (LIN, "U07SAM00003")
    ]
    view = {"type": "home", "blocks": [header]}
    updated = await call("views.update", view_id=homes[1]["id"], view=view)
    assert (updated.error, updated.body["view"]["id"]) == ("", homes[1]["id"])
    owned = [workspace.person(name).home for name in ("lin", "sam")]
    assert [home and home["blocks"][0]["type"] for home in owned] == ["divider", "header"]


async def test_home_may_be_off() -> None:
    """Without the Home tab in the manifest, views.publish is refused."""
    workspace = Workspace(manifest={"features": {"app_home": {"home_tab_enabled": False}}})
    assert not workspace.app.home_tab
