"""Labels of charts: what a panel is called."""

from __future__ import annotations

import pytest

from bot.call import Direction, Media, Metric
from bot.charts.labels import METRIC_NAMES, panel_name
from bot.i18n.translator import Translator
from bot.locales import LANGUAGES


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("metric", METRIC_NAMES)
def test_a_panel_has_one_pair_of_brackets(metric: Metric, locale: str) -> None:
    """Medium and direction follow the metric's name in brackets, so the name has none."""
    translate = Translator(locale).translate
    assert not set("()（）") & set(translate(METRIC_NAMES[metric]))
    title = translate(panel_name(metric, Media.VIDEO, Direction.UP))
    assert title.count("(") + title.count("（") <= 1
