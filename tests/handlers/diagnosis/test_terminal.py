"""A diagnosis in the terminal: plain text, uids in full."""

from __future__ import annotations

from bot.call import IssueType, MissingItem, MissingKind, MissingReason, Report, Side
from bot.diagnosis import Verdict
from bot.i18n.messages import message
from bot.i18n.translator import Translator
from bot.ports import Diagnosis
from handlers.diagnosis.terminal import print_diagnosis, print_failures
from tests.handlers.samples import NOW

REPORT = Report("kids", "a*b", "10001", "20002", Side.STUDENT, IssueType.HELP, NOW)


def test_a_diagnosis_without_markup() -> None:
    """No bold and no emoji; stars of other texts stay, and the cloud's failures have lines."""
    verdict = Verdict("network.loss", NOW, NOW, side=Side.STUDENT, uid="20002", confidence=0.9)
    failures = (message("Slack does not respond."),)
    diagnosis = Diagnosis(REPORT, "agora", verdict, NOW, failures=failures)
    lines = print_diagnosis(diagnosis, Translator("en")).splitlines()
    assert lines[0] == (
        "Student 20002, around 2026-11-21 03:20 UTC: Packet loss. Very likely (90%)."
    )
    assert lines[1].startswith("→ Student: ")
    assert lines[2] == "Slack does not respond."
    assert lines[3].startswith("Period of the fault: 2026-11-21 03:20 UTC. ")
    assert list(print_failures(diagnosis, Translator("en"))) == ["Slack does not respond."]


def test_what_is_missing_is_not_fetched_again() -> None:
    """The command has ended by then, so it says when to try again."""
    gap = MissingItem(MissingKind.EVENTS, MissingReason.OVER_QUOTA, retry_at=NOW)
    verdict = Verdict("network.loss", NOW, NOW, missing=(gap,))
    text = print_diagnosis(Diagnosis(REPORT, "agora", verdict, NOW), Translator("en"))
    assert "used up for now). Try again at 2026-11-21 03:20 UTC." in text
    assert "Next try" not in text


def test_a_failure_in_two_languages_is_one_line() -> None:
    """Errors are a line each, whatever the language."""
    verdict = Verdict("unknown", NOW, NOW)
    failures = (message("The cloud's quota is used up for now. Try again in a few minutes."),)
    diagnosis = Diagnosis(REPORT, "agora", verdict, NOW, failures=failures)
    (line,) = print_failures(diagnosis, Translator("both"))
    assert "\n" not in line
