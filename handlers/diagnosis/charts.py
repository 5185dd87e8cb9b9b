"""A diagnosis as a chart: PNG with its alt text, or native chart blocks.

Import it only to draw: it needs numpy and Pillow, a tenth of a second and 20 MB.
"""

from __future__ import annotations

from bot.causes import NO_SPECIFIC_CAUSE
from bot.charts.alt_text import alt_text, native_charts_caption
from bot.charts.drawing import draw
from bot.charts.native_charts import native_charts
from bot.charts.select_panels import select_panels
from bot.charts.spec import ChartSpec
from bot.diagnosis import HEALTHY, UNKNOWN, Verdict
from bot.i18n.messages import Message, message
from bot.ports import Diagnosis
from bot.services.diagnosis.evidence import explained_window
from handlers.diagnosis.lines import is_of_cloud, participant_name
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.causes import cause_title
from handlers.ui.labels import SIDE_NAMES
from handlers.ui.native_charts import native_chart_block
from handlers.ui.renderer import Renderer


def draw_chart(diagnosis: Diagnosis, renderer: Renderer) -> tuple[bytes, str] | None:
    """Return a chart as PNG and its alt text, None without data. Call it in a thread."""
    chart = choose_chart(diagnosis, renderer)
    if not chart.panels:
        return None
    return draw(chart, renderer.translator), alt_text(chart, renderer.translator)


def native_chart_blocks(diagnosis: Diagnosis, renderer: Renderer) -> list[Block]:
    """Build the decisive panels as native charts, with a caption of what they leave out."""
    chart = choose_chart(diagnosis, renderer)
    native = native_charts(chart, renderer.translator)
    if not native:
        return []
    blocks = [native_chart_block(f"chart-{number}", each) for number, each in enumerate(native)]
    text = "\n".join(renderer.mrkdwn(line) for line in native_charts_caption(chart))
    return [*blocks, block_kit.context("charts", text)]


def choose_chart(diagnosis: Diagnosis, renderer: Renderer) -> ChartSpec:
    """Select the panels to draw, with names as this surface may show them."""
    report, verdict = diagnosis.report, diagnosis.verdict
    uids = [report.uid_of(side) for side in SIDE_NAMES]
    others = verdict.others if verdict.cause == HEALTHY else ()
    return select_panels(
        report,
        diagnosis.series,
        next(iter(others), verdict),
        title=_headline(verdict),
        names={uid: participant_name(diagnosis, uid, renderer.uid(uid)) for uid in uids},
        window=explained_window(report, verdict),
        is_reported=diagnosis.named is None,
    )


def _headline(verdict: Verdict) -> Message:
    """Return the verdict without uids: an image cannot be edited later."""
    if verdict.cause == HEALTHY and verdict.others:
        fault = _headline(verdict.others[0])
        return message("Normal when reported, bad at another time. %(fault)s", fault=fault)
    if verdict.cause == HEALTHY:
        return message("The call looked healthy")
    if verdict.cause == UNKNOWN:
        return message("Not enough data to say why")
    cause = cause_title(verdict.cause, verdict.media, verdict.direction)
    if is_of_cloud(verdict) or verdict.cause == NO_SPECIFIC_CAUSE:
        return cause
    who = SIDE_NAMES[verdict.side] if verdict.side else message("Somebody")
    return message("%(who)s: %(cause)s", who=who, cause=cause)
