"""From the answers of a cloud about a whole app to one overview. Asks nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from bot.call import Lack, LackReason, Missing
from bot.clouds.errors import cloud_words
from bot.clouds.reasons import reason_of
from bot.clouds.response_cache import Found
from bot.errors import CloudError, CloudOverQuotaError
from bot.i18n.messages import Message, message
from bot.ports import Overview, Topic


def gather(
    topic: Topic,
    app: str,
    cloud: str,
    now: dt.datetime,
    found: Sequence[Found],
    *,
    definitions: Sequence[Message] = (),
    missing: Sequence[Missing] = (),
) -> Overview:
    """Put together what several questions brought; what failed is told, never raised."""
    parts = [each.part for each in found if each.part is not None]
    errors = [(each.what, each.error) for each in found if each.error is not None]
    moments = [each.fresh_at for each in found if each.fresh_at is not None]
    return Overview(
        topic=topic,
        app=app,
        cloud=cloud,
        fetched_at=min((part.fetched_at for part in parts), default=now),
        fresh_at=min(moments, default=None),
        since=min((part.since for part in parts), default=None),
        until=max((part.until for part in parts), default=None),
        trends=tuple(trend for part in parts for trend in part.trends),
        usages=tuple(usage for part in parts for usage in part.usages),
        distributions=tuple(each for part in parts for each in part.distributions),
        definitions=tuple(definitions) if parts else (),
        missing=(*missing, *(_lack(what, error) for what, error in errors)),
        failures=_distinct([error.spoken for _, error in errors]),
        asked=tuple(dict.fromkeys(each.what for each in found)),
    )


def _distinct(spoken: Sequence[Message]) -> tuple[Message, ...]:
    """Each sentence once; messages hold mappings and have no hash."""
    return tuple(each for place, each in enumerate(spoken) if each not in spoken[:place])


def say_nothing(topic: Topic, app: str, cloud: str, now: dt.datetime, why: Message) -> Overview:
    """The overview of a topic a cloud cannot tell anything about."""
    lack = Missing(Lack.FIGURES, LackReason.UNSUPPORTED, detail=topic.value)
    return Overview(topic, app, cloud, fetched_at=now, missing=(lack,), failures=(why,))


def untold(cloud: str) -> Message:
    """Say that a cloud has no call for a topic."""
    return message(
        "%(cloud)s has no figures of this kind for a whole app.", cloud=cloud_words(cloud)
    )


def _lack(what: str, error: CloudError) -> Missing:
    retry_at = error.retry_at if isinstance(error, CloudOverQuotaError) else None
    return Missing(Lack.FIGURES, reason_of(error), retry_at, what)
