"""Which tickets a message names: by label or by link, and what only looks like it."""

from __future__ import annotations

import time

import pytest

from bot.services.tickets.ticket_names import CardLink, parse_ticket_names

CARD = "https://acme.slack.com/archives/C07ESCALATE/p1795238120820240"
REPLY = "https://acme.slack.com/archives/C07ESCALATE/p1795239025203373"
LINK = CardLink("C07ESCALATE", "1795238120.820240")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("LD-12", [12]),
        ("see ld-12, please", [12]),
        ("工单ＬＤ－１２怎么样了？", [12]),
        ("麻烦看下LD-12和LD-13。", [12, 13]),
        ("LD-12,LD-13/LD-14;LD-12", [12, 13, 14]),
        ("LD12和ld 13，ld-014、LD - 15 LD_16 LD#17", [12, 13, 14, 15, 16, 17]),
        ("(LD-12) *LD-13* LD–14.", [12, 13, 14]),
        ("LD-12&amp;LD-13 &lt;LD-14&gt;", [12, 13, 14]),
        ("&gt; LD-12 quoted", [12]),
        (f"<{CARD}>", [LINK]),
        (f"<{CARD}|LD-12> and LD-13", [LINK, 13]),
        (f"{CARD}，LD-13", [LINK, 13]),
        (
            f"<{REPLY}?thread_ts=1795238120.820240&amp;cid=C07ESCALATE>",
            [LINK],
        ),
        ("OLD-12 LD-12a BUILD-LD-12 LD-12-3 xLD-12 LD-0 LD-1.5 LD12a OLD12 LD 1.5 LD-", []),
        ("`LD-12` and ```\nLD-13\n``` stay code", []),
        ("<https://jira.example/browse/LD-12> <https://jira.example/|LD-13>", []),
        ("https://jira.example/browse/LD-12", []),
        ("<@U07LD-12> <#C07|LD-12> <!date^1^LD-12|LD-12>", []),
        ("LD-1234567890", []),
        ("LD-١٢", []),
        ("", []),
    ],
)
def test_names(text: str, names: list[int | CardLink]) -> None:
    """Labels in sentences and links to cards count; code, other pages and other words do not."""
    assert names == parse_ticket_names(text)


@pytest.mark.parametrize("text", ["`" * 40_000, "<" * 40_000, "LD-" * 13_000, "https://" * 5_000])
def test_hostile_text_is_read_quickly(text: str) -> None:
    """The longest message that Slack accepts is parsed quickly, whatever its text."""
    begun = time.thread_time()
    parse_ticket_names(text)
    assert time.thread_time() - begun < 1
