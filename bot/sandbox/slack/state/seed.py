"""The people, channels and user groups of a new workspace."""

from __future__ import annotations

from typing import Final

from bot.sandbox.slack.state.model import Channel, User, UserGroup

LIN, WANG, SAM, ZHOU, MAYA, GUEST = (
    "U07LIN00001",
    "U07WANG0002",
    "U07SAM00003",
    "U07ZHOU0004",
    "U07MAYA0005",
    "U07GUEST006",
)
BOT_USER: Final = "U07LAGDESK9"
TEACHERS, ESCALATIONS, LEADS, RANDOM = (
    "C07TEACHERS",
    "C07ESCALATE",
    "C07LEADS001",
    "C07RANDOM01",
)
SUPPORT_GROUP: Final = "S07SUPPORT1"
DEFAULT_PERSON: Final = LIN
DEFAULT_CHANNEL: Final = TEACHERS


def make_people() -> list[User]:
    """Make the six people: teachers, support, their lead, and a guest with no rights."""
    shanghai, london, new_york = "Asia/Shanghai", "Europe/London", "America/New_York"
    return [
        User(LIN, "lin", "林晓燕", "zh-CN", shanghai, "Teacher", "2f6f4f"),
        User(WANG, "wang", "王磊", "zh-CN", shanghai, "Teacher", "8a5a12"),
        User(SAM, "sam", "Sam Carter", "en-US", london, "Support", "1d5f9a"),
        User(ZHOU, "zhou", "周敏", "zh-CN", shanghai, "Support", "7a3b8f"),
        User(MAYA, "maya", "Maya Torres", "en-US", new_york, "Team lead", "a8323e", is_admin=True),
        User(GUEST, "guest", "Alex Guest", "en-GB", london, "Guest", "55606a"),
    ]


def make_channels(bot_user: str, created: int) -> list[Channel]:
    """Make the four channels; the bot is in all but #random."""
    support = [SAM, ZHOU, MAYA]
    everyone = [LIN, WANG, *support, GUEST]
    teachers = "Live classes: report a bad call with /report · 直播课：用 /report 提交通话问题"
    return [
        Channel(TEACHERS, "teachers", "channel", [*everyone, bot_user], teachers, created=created),
        Channel(
            ESCALATIONS,
            "escalations",
            "channel",
            [*support, bot_user],
            "Every reported call · 所有提交的通话问题",
            created=created,
        ),
        Channel(
            LEADS, "leads", "group", [MAYA, bot_user], "Weekly numbers · 每周数据", created=created
        ),
        Channel(RANDOM, "random", "channel", everyone, "Anything else · 随便聊聊", created=created),
    ]


def make_usergroups() -> list[UserGroup]:
    """Make the one user group, @support."""
    return [UserGroup(SUPPORT_GROUP, "support", "Support", [SAM, ZHOU])]
