"""The slash commands. The manifest, the help texts and the docs' table are made from these.

To add a command, declare it here and add its handler class in the feature's folder to
handlers/registry.py. Imports only the standard library, directly and indirectly: the manifest
must be printable before anything is installed.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bot.i18n.messages import Message, message
from bot.i18n.traditional import to_simplified
from bot.locales import LANGUAGES


@dataclass(frozen=True, slots=True)
class Rights:
    """Which commands somebody may use besides those for everybody."""

    is_support: bool = False
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """A use of a command: what is typed after its name, and what that does.

    `synonyms` are other names of the first argument by language; help in a language shows the
    first one.
    """

    arguments: Message  # translated where they have words of people
    help: Message
    for_support: bool = False
    for_admins: bool = False
    synonyms: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def word(self) -> str:
        """The first argument."""
        return self.arguments.id.partition(" ")[0]

    def is_for(self, rights: Rights) -> bool:
        """Return whether somebody with these rights may use it."""
        if self.for_admins:
            return rights.is_admin
        return rights.is_support or not self.for_support

    def arguments_in(self, language: str) -> Message:
        """Return the arguments with the first one's name in a language."""
        name, *_ = (*self.synonyms.get(language, ()), self.word)
        return replace(self.arguments, id=name + self.arguments.id.removeprefix(self.word))


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command.

    Slack has one `description` for all languages, so it is English and Chinese. Help texts have
    the examples in the reader's language; the manifest's usage hint is the first one in English.
    """

    name: str
    description: str
    examples: tuple[Example, ...]
    resolves_mentions: bool = False  # Slack replaces @person by the person's id

    def find_word(self, typed: str) -> str:
        """Return the first argument that a person meant, in lower case."""
        simplified = to_simplified(typed.lower())
        for example in self.examples:
            if simplified in itertools.chain(*example.synonyms.values()):
                return example.word
        return simplified


REPORT: Final = Command(
    "/report",
    "Report a bad call · 提交通话问题",
    (
        Example(
            message("class_77_1 10001 20002 no sound since ten o'clock"),
            message(
                "opens the form with the channel, the uids of teacher and student, and a comment. "
                "Without them it opens empty."
            ),
        ),
    ),
)
DIAGNOSE: Final = Command(
    "/diagnose",
    "Why is a call bad? · 诊断通话",
    (
        Example(Message("class_77_1"), message("explains why a call is or was bad.")),
        Example(
            Message("class_77_1 app=kids since=30m"),
            message("does so in one app, looking back as long as that."),
        ),
    ),
)
QUALITY: Final = Command(
    "/quality",
    "Call quality and usage · 整体质量与用量",
    (
        Example(
            Message("app=kids network"),
            message(
                "shows an app's call quality or how much it is used; or `live`, `usage`, "
                "`experience`, `scale`, `distribution`."
            ),
        ),
        Example(
            Message("trend"),
            message("draws four weeks: tickets by cause, ratings of verdicts, freezes by app."),
            synonyms={"zh": ("趋势", "走势", "四周")},
        ),
    ),
)
TICKETS: Final = Command(
    "/tickets",
    "Find tickets · 查找工单",
    (
        Example(
            message("open app=kids weak wifi"),
            message(
                "finds tickets by words and filters in any order. Without them it lists the open "
                "ones."
            ),
        ),
        Example(Message("LD-12"), message("shows one ticket.")),
        Example(
            Message("mine since=7d"),
            message("lists yours; or `claimed`, `resolved`, `all`."),
        ),
        Example(
            Message("all cause=loss cloud=agora by=@maya assignee=me"),
            message("filters by cause, cloud, reporter and assignee."),
            for_support=True,
        ),
    ),
    resolves_mentions=True,
)
LAGDESK: Final = Command(
    "/lagdesk",
    "Help, settings, status · 帮助、设置与状态",
    (
        Example(
            Message("settings"),
            message("opens your language, usual app and access tokens."),
            synonyms={"zh": ("设置", "设定", "通知"), "en": ("settings", "notify")},
        ),
        Example(
            Message("language en"),
            message("chooses your language: %(choices)s.", choices=[*LANGUAGES, "auto"]),
            synonyms={"zh": ("语言",)},
        ),
        Example(
            Message("summary"),
            message("shows the weekly summary."),
            synonyms={"zh": ("周报", "汇总", "每周汇总")},
        ),
        Example(
            Message("quality trend"),
            message("draws the last four weeks, as `/quality trend` does."),
            synonyms={"zh": ("质量",)},
        ),
        Example(
            Message("accuracy"),
            message("shows how often verdicts were right."),
            synonyms={"zh": ("准确率", "诊断准确率")},
        ),
        Example(
            Message("policy"),
            message("explains who is alerted when."),
            synonyms={"zh": ("升级规则", "升级策略", "规则")},
        ),
        Example(
            Message("help"),
            message("shows all commands."),
            synonyms={"zh": ("帮助", "说明")},
        ),
        Example(
            Message("channel-language both"),
            message("chooses this channel's language: %(choices)s.", choices=[*LANGUAGES, "both"]),
            for_support=True,
            synonyms={"zh": ("频道语言",)},
        ),
        Example(
            Message("charts picture"),
            message("draws the charts of tickets; `native` leaves that to Slack."),
            for_support=True,
            synonyms={"zh": ("图表",)},
        ),
        Example(
            Message("audit LD-12"),
            message("lists who did what to a ticket; without it, to all."),
            for_support=True,
            synonyms={"zh": ("操作记录", "审计")},
        ),
        Example(
            Message("doctor"),
            message("checks the installation."),
            for_support=True,
            synonyms={"zh": ("自检", "检查")},
        ),
        Example(
            Message("setup"),
            message("chooses this workspace's channels, support and apps; for its admins."),
            for_admins=True,
            synonyms={"zh": ("初始设置", "配置")},
        ),
    ),
)
COMMANDS: Final = (REPORT, DIAGNOSE, QUALITY, TICKETS, LAGDESK)
