"""Access tokens in the settings form."""

from __future__ import annotations

import json

import pytest

from bot.sandbox.slack.block_kit import validate_view
from bot.services.access_tokens.service import MAX_TOKENS, NewToken, TokenInfo
from bot.services.preferences.service import Preferences
from handlers.access_tokens.forms import REVOKE, created_view, new_token_view, token_blocks
from handlers.preferences.forms import preferences_view
from handlers.ui.renderer import Renderer
from tests.handlers.samples import EN, NOW, ZH

HOSTILE = "<!channel> *x* " + "y" * 45


@pytest.mark.parametrize("renderer", [EN, ZH])
def test_section_of_the_settings(renderer: Renderer) -> None:
    """Every token has a button of its own that revokes it, and asks before."""
    tokens = [TokenInfo(f"{n:016x}", HOSTILE, NOW, NOW if n else None) for n in range(MAX_TOKENS)]
    sections = token_blocks(tokens, renderer)
    view = preferences_view(Preferences(), ["kids"], renderer, sections=sections)
    assert validate_view(view) == []
    buttons = [block["accessory"] for block in view["blocks"] if "accessory" in block]
    assert [button["value"] for button in buttons] == [token.id for token in tokens]
    assert {button["action_id"] for button in buttons} == {REVOKE}
    assert all("confirm" in button for button in buttons)
    assert "<!channel>" not in json.dumps([block.get("text") for block in view["blocks"]])


@pytest.mark.parametrize("renderer", [EN, ZH])
def test_new_token(renderer: Renderer) -> None:
    """It can be copied as it is, below its name."""
    assert validate_view(new_token_view(renderer, '{"at": "home"}')) == []
    view = created_view(NewToken("lagdesk_a-b_c*d", HOSTILE), renderer)
    assert validate_view(view) == []
    assert "```lagdesk_a-b_c*d```" in json.dumps(view)
    assert "submit" not in view
