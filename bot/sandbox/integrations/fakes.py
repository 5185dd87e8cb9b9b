"""All simulated services together, as the demo has them."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final

from bot.sandbox.integrations.ical.fake import FakeCalendar
from bot.sandbox.integrations.jira import fake as jira
from bot.sandbox.integrations.jira.fake import FakeJira
from bot.sandbox.integrations.pagerduty.fake import SCHEDULE, FakePagerDuty
from bot.sandbox.integrations.zendesk import fake as zendesk
from bot.sandbox.integrations.zendesk.fake import FakeZendesk

_SHIFT: Final = dt.timedelta(hours=8)


class FakeIntegrations:
    """The simulated services. `clock` returns epoch seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self.calendar = FakeCalendar()
        self.pagerduty = FakePagerDuty()
        self.jira = FakeJira()
        self.zendesk = FakeZendesk()

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        """Serve every service until the block ends."""
        async with contextlib.AsyncExitStack() as stack:
            for fake in (self.calendar, self.pagerduty, self.jira, self.zendesk):
                await stack.enter_async_context(fake.serve())
            yield

    def fill_rotas(self, *emails: str) -> None:
        """Put people on call in turn, eight hours each; the first one began an hour ago."""
        now = dt.datetime.fromtimestamp(self._clock(), dt.UTC).replace(minute=0, second=0)
        first = now - dt.timedelta(hours=1)
        for number in range(21):
            email, start = emails[number % len(emails)], first + number * _SHIFT
            self.calendar.add(f"On call: {email}", start, start + _SHIFT)
            self.pagerduty.add(emails[(number + 1) % len(emails)], start, start + _SHIFT)

    def environment(self, calendar_app: str, pagerduty_app: str) -> Mapping[str, str]:
        """Return the settings that lead to the services, which are being served."""
        calendar = f"{calendar_app}={self.calendar.address}"
        return {
            **self.jira_environment(),
            **self.zendesk_environment(),
            "ALLOW_PRIVATE_ADDRESSES": "true",
            "ON_CALL": f"{calendar},{pagerduty_app}=pagerduty:{SCHEDULE}",
            "PAGERDUTY_TOKEN": self.pagerduty.token,
            "PAGERDUTY_URL": self.pagerduty.url,
        }

    def jira_environment(self) -> Mapping[str, str]:
        """Return the settings that lead to Jira."""
        return {
            "ALLOW_PRIVATE_ADDRESSES": "true",
            "JIRA_URL": self.jira.url,
            "JIRA_PROJECT": jira.PROJECT,
            "JIRA_EMAIL": jira.EMAIL,
            "JIRA_TOKEN": self.jira.token,
        }

    def zendesk_environment(self) -> Mapping[str, str]:
        """Return the settings that lead to Zendesk."""
        return {
            "ALLOW_PRIVATE_ADDRESSES": "true",
            "ZENDESK_URL": self.zendesk.url,
            "ZENDESK_EMAIL": zendesk.EMAIL,
            "ZENDESK_TOKEN": self.zendesk.token,
        }
