"""How much of a message a reader sees."""

from __future__ import annotations

import pytest
import slackblocks as sb

from bot.sandbox.slack.block_kit import visible_text_length

VISIBLE: list[tuple[sb.Block, int]] = [
    (sb.SectionBlock("abc", "id", ["de"]), 5),
    (sb.HeaderBlock("\U0001f600课"), 2),
    (sb.RichTextBlock(sb.RichTextSection([sb.RichTextLink("https://a", "ab")])), 2),
    (sb.ActionsBlock([sb.Button("go", "action", value="hidden")]), 2),
    (sb.DataTableBlock([[sb.RawText("ab")], [sb.RawText("10")]], "cap"), 7),
]


@pytest.mark.parametrize(("block", "length"), VISIBLE)
def test_visible_text_is_what_a_reader_sees(block: sb.Block, length: int) -> None:
    """Texts, titles and cells count in code points; ids, values and addresses do not."""
    message = sb.Message("C1", "not counted", [block]).to_dict()
    assert length == visible_text_length(message["blocks"])
