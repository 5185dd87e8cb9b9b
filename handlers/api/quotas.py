"""The route about the quotas of the clouds."""

from __future__ import annotations

from collections.abc import Iterator

from bot.decoding import convert_object
from bot.services.app_metrics.remaining_quota import describe_remaining_quota
from bot.services.app_metrics.service import AppMetricsService, AppQuotas
from handlers.api.parameters import NoParameters
from handlers.api.routes import Reader, Route
from handlers.api.schemas import AppHealth, Quota, Quotas
from handlers.ui.renderer import Renderer


class QuotaRoutes:
    """Shows what is left of the quotas, as `/quality` and `/lagdesk doctor` do."""

    def __init__(self, app_metrics: AppMetricsService) -> None:
        self._app_metrics = app_metrics

    def routes(self) -> Iterator[Route]:
        """Yield the route."""
        yield Route(
            "readQuotas",
            "/quotas",
            "What is left of the quotas of each app, and how late its cloud's data is.",
            NoParameters,
            Quotas,
            self.read_quotas,
        )

    async def read_quotas(self, reader: Reader, _asked: NoParameters) -> Quotas:
        """Return the quotas of the apps of the reader's workspace."""
        apps = await self._app_metrics.read_quotas(reader.team)
        return Quotas(apps=[app_health(each, reader.renderer) for each in apps])


def app_health(app: AppQuotas, renderer: Renderer) -> AppHealth:
    """Return the quotas of an app."""
    described = describe_remaining_quota(app.cloud, app.remaining)
    return AppHealth(
        app=app.app,
        cloud=app.cloud,
        is_low=app.is_low,
        text=renderer.plain_text(described),
        quotas=[convert_object(each, Quota, from_attributes=True) for each in app.remaining],
        metrics_delay_s=app.metrics_delay.total_seconds(),
        lookback_s=app.lookback.total_seconds(),
    )
