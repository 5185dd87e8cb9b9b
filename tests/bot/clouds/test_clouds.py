from __future__ import annotations

from typing import Any

import pytest

from bot.store.rate_limits import SqlKeyValueStore


def test_each_app_has_its_carrier(make_agora: Any) -> None:
    """Apps of one credential share one cloud, which names them all."""
    assert make_agora().apps == ("kids", "adults")
    assert make_agora().name == "agora"


async def test_a_new_process_uses_the_stored_generation(
    make_agora: Any, store: Any, clock: Any, mock_api: Any
) -> None:
    """The remembered generation decides the capabilities without a question."""
    agora = make_agora(api="auto", plan="enterprise")
    assert agora.capabilities.events
    await SqlKeyValueStore(store).put("agora.generation", "current", clock.now())
    await agora.restore_state()
    matches = agora.capabilities
    assert (
        matches.events,
        matches.lookback.days,
        matches.metrics_delay.total_seconds(),
    ) == (False, 15, 100)
    assert mock_api.requests == []


async def test_a_setting_is_not_overruled_by_memory(
    make_agora: Any, store: Any, clock: Any
) -> None:
    """With AGORA_API=seed the generation is seed, whatever is stored."""
    await SqlKeyValueStore(store).put("agora.generation", "current", clock.now())
    agora = make_agora(api="seed")
    await agora.restore_state()
    assert agora.capabilities.events


@pytest.mark.parametrize(
    ("cname", "fits"),
    [
        ("class_77_1", True),
        ("a b!#$%&()+-:;<=.>?@[]^_{}|~,", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("", False),
        ("课堂", False),
        ("a/b", False),
        ("a\n", False),
    ],
)
def test_a_channels_name(cname: str, fits: object, make_agora: Any) -> None:
    """A channel's name is 1 to 64 of the characters Agora allows."""
    assert fits is bool(make_agora().capabilities.cname.fullmatch(cname))
