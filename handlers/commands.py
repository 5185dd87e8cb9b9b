"""The slash commands. The manifest, the help texts and the docs' table are made from these.

To add a command, declare it here and add its handler class in the feature's folder to
handlers/registry.py. Imports only the standard library, directly and indirectly: the manifest
must be printable before anything is installed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.i18n.messages import Message, message
from bot.locales import LANGUAGES


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command.

    Slack has one `description` for all languages, so it is English and Chinese. `arguments` and
    `help` are translated in help texts; the manifest's usage hint is the English `arguments`.
    """

    name: str
    description: str
    arguments: Message
    help: Message
    example: str
    resolves_mentions: bool = False  # Slack replaces @person by the person's id

    @property
    def usage(self) -> Message:
        """How to use the command, in Slack's markup."""
        return message(
            "`%(command)s %(arguments)s` %(help)s",
            command=self.name,
            arguments=self.arguments,
            help=self.help,
        )


REPORT: Final = Command(
    "/report",
    "Report a bad call · 提交通话问题",
    message("[cname] [teacher_uid] [student_uid] [comment]"),
    message("opens the form to report a bad call."),
    "/report class_77_1 10001 20002 no sound since ten o'clock",
)
DIAGNOSE: Final = Command(
    "/diagnose",
    "Why is a call bad? · 诊断通话",
    message("<cname> [app=<name>] [since=30m]"),
    message("explains why a call is or was bad."),
    "/diagnose class_77_1 since=30m",
)
QUALITY: Final = Command(
    "/quality",
    "Call quality and usage · 整体质量与用量",
    message("[app=<name>] [live|usage|network|experience|scale|distribution]"),
    message("shows an app's call quality and how much it is used."),
    "/quality app=kids network",
)
TICKETS: Final = Command(
    "/tickets",
    "Find tickets · 查找工单",
    message(
        "[open|claimed|resolved|mine|all] [app=<name>] [cause=<name>] [cloud=<name>] [by=@person] "
        "[assignee=me] [since=7d] [words]"
    ),
    message(
        "finds tickets; words and filters in any order. `LD-12` shows one ticket. Without "
        "arguments it lists the open ones."
    ),
    "/tickets open app=kids weak wifi",
    resolves_mentions=True,
)
LAGDESK: Final = Command(
    "/lagdesk",
    "Help, settings, status · 帮助、设置与状态",
    message(
        "[help|settings|language %(languages)s|auto|channel-language %(languages)s|both|"
        "charts native|picture|summary|accuracy|audit [LD-12]|policy|doctor]",
        languages="|".join(LANGUAGES),
    ),
    message(
        "shows your settings, languages and charts, the weekly summary, verdict accuracy, the "
        "audit log, the escalation policy and health checks."
    ),
    "/lagdesk language en",
)
COMMANDS: Final = (REPORT, DIAGNOSE, QUALITY, TICKETS, LAGDESK)
