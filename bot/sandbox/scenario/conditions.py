"""The effect of each fault on a person's device and network, second by second."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.call import Direction, Media
from bot.sandbox.scenario.simulated_call import Fault, Person, SimulatedCall

if TYPE_CHECKING:
    from bot.call import FloatArray

_RAMP_S: Final = 4.0
_BURST_ABOVE: Final = -0.2  # of smoothed noise: a burst is on a bit over half of the time
_BASE_LOSS: Final = {"Wi-Fi": 0.4, "4G": 0.9, "Ethernet": 0.05}
_BASE_LATENCY_MS: Final = {"Wi-Fi": 28.0, "4G": 45.0, "Ethernet": 18.0}
_BASE_ROUTER_MS: Final = {"Wi-Fi": 6.0, "4G": 24.0, "Ethernet": 1.0}

Link = tuple[Direction, Media]
LINKS: Final[tuple[Link, ...]] = tuple(
    (direction, media) for direction in Direction for media in Media
)


@dataclass(slots=True)
class Conditions:
    """One person's device and network; arrays of one value a second from the call's start.

    Losses are percent (0-100), delays milliseconds, CPU percent; `sending` and `receiving` are
    0 or 1, `capture` is the share of frames the camera gives, `online` 0 while disconnected.
    """

    app_cpu: FloatArray
    system_cpu: FloatArray
    router_ms: FloatArray
    capture: FloatArray
    online: FloatArray
    loss: dict[Link, FloatArray] = field(default_factory=dict)
    latency_ms: dict[Link, FloatArray] = field(default_factory=dict)
    jitter_ms: dict[Link, FloatArray] = field(default_factory=dict)
    sending: dict[Media, FloatArray] = field(default_factory=dict)
    receiving: dict[Media, FloatArray] = field(default_factory=dict)


class NoiseSource:
    """Noise that depends on the call's seed and a key only, so windows never change it."""

    def __init__(self, sim_call: SimulatedCall, key: str) -> None:
        self._seed = sim_call.seed
        self._key = key

    def _generator(self, key: str) -> np.random.Generator:
        return np.random.default_rng([self._seed, zlib.crc32(f"{self._key}:{key}".encode())])

    def normal(self, key: str, count: int, smooth: int = 1) -> FloatArray:
        """Draw `count` values of standard deviation 1, averaged over `smooth` neighbours."""
        drawn = self._generator(key).standard_normal(count + smooth - 1)
        if smooth == 1:
            return drawn
        return np.convolve(drawn, np.ones(smooth) / np.sqrt(smooth), mode="valid")

    def uniform(self, key: str, count: int) -> FloatArray:
        """Draw `count` values between 0 and 1."""
        return self._generator(key).random(count)


def conditions_of(sim_call: SimulatedCall, person: Person) -> Conditions:
    """Compute one person's conditions over the whole call."""
    seconds = max(1, int(sim_call.ended_at - sim_call.started_at) + 1)
    rng = NoiseSource(sim_call, f"conditions:{person.uid}")
    conditions = _healthy(person, rng, seconds)
    for number, fault in enumerate(sim_call.faults_of(person.uid)):
        effect = _EFFECTS.get(fault.cause.key)
        if effect is not None:
            own = NoiseSource(sim_call, f"fault:{person.uid}:{number}")
            effect(conditions, fault, _fault_strength(sim_call, fault, seconds, own), own)
    return conditions


def _healthy(person: Person, rng: NoiseSource, seconds: int) -> Conditions:
    network = person.device.network
    app = 22 + 4 * rng.normal("app", seconds, 9) + (6 if person.sends else 0)
    conditions = Conditions(
        app_cpu=app.clip(3, 60),
        system_cpu=(app + 16 + 4 * rng.normal("system", seconds, 9)).clip(8, 75),
        router_ms=np.abs(_BASE_ROUTER_MS[network] * (1 + 0.3 * rng.normal("router", seconds))),
        capture=(1 + 0.02 * rng.normal("capture", seconds)).clip(0.9, 1.05),
        online=np.ones(seconds),
    )
    for media in Media:
        conditions.sending[media] = np.full(seconds, 1.0 if person.sends else 0.0)
        conditions.receiving[media] = np.ones(seconds)
    for link in LINKS:
        _healthy_link(conditions, link, network, rng, seconds)
    return conditions


def _healthy_link(
    conditions: Conditions, link: Link, network: str, rng: NoiseSource, seconds: int
) -> None:
    key = f"{link[0]}:{link[1]}"
    noise = rng.normal(f"loss:{key}", seconds, 3)
    conditions.loss[link] = (_BASE_LOSS[network] * (0.5 + noise)).clip(0, 3.5)
    conditions.latency_ms[link] = np.abs(
        _BASE_LATENCY_MS[network] * (1 + 0.12 * rng.normal(f"latency:{key}", seconds, 5))
    )
    conditions.jitter_ms[link] = np.abs(8 + 4 * rng.normal(f"jitter:{key}", seconds, 3))


def _fault_strength(
    sim_call: SimulatedCall, fault: Fault, seconds: int, rng: NoiseSource
) -> FloatArray:
    """Return how hard the fault bites each second: 0 outside, around `severity` inside."""
    at = sim_call.started_at + np.arange(seconds)
    inside = (at >= fault.begins_at) & (at <= fault.ends_at)
    ramp = ((at - fault.begins_at + 1) / _RAMP_S).clip(0, 1)
    variation = 1 + 0.12 * rng.normal("wobble", seconds, 5)
    is_active: FloatArray = np.where(inside, ramp * fault.severity * variation, 0.0).clip(0, 1)
    return is_active


def _links(fault: Fault) -> list[Link]:
    """Return the links a network fault touches; a side the cause leaves open means both."""
    return [
        (direction, media)
        for direction, media in LINKS
        if fault.cause.direction in {None, direction} and fault.cause.media in {None, media}
    ]


def _media(fault: Fault) -> list[Media]:
    return [media for media in Media if fault.cause.media in {None, media}]


def _add_loss(conditions: Conditions, fault: Fault, strength: FloatArray, rng: NoiseSource) -> None:
    for link in _links(fault):
        noise = 1 + 0.15 * rng.normal(f"loss:{link}", len(strength))
        added = np.where(strength > 0, (8 + 32 * strength) * noise, 0)
        conditions.loss[link] = (conditions.loss[link] + added).clip(0, 95)


def _add_latency(
    conditions: Conditions, fault: Fault, strength: FloatArray, rng: NoiseSource
) -> None:
    for link in _links(fault):
        noise = 1 + 0.1 * rng.normal(f"latency:{link}", len(strength), 3)
        added = np.where(strength > 0, (300 + 900 * strength) * noise, 0)
        conditions.latency_ms[link] = conditions.latency_ms[link] + added.clip(0, None)


def _add_jitter(
    conditions: Conditions, fault: Fault, strength: FloatArray, rng: NoiseSource
) -> None:
    for link in _links(fault):
        noise = 1 + 0.3 * rng.normal(f"jitter:{link}", len(strength))
        added = np.where(strength > 0, (60 + 400 * strength) * noise, 0)
        conditions.jitter_ms[link] = conditions.jitter_ms[link] + added.clip(0, None)


def _weaken_wifi(
    conditions: Conditions, fault: Fault, strength: FloatArray, rng: NoiseSource
) -> None:
    """Weak Wi-Fi comes in bursts of some seconds that hit both directions and the router."""
    bursts = strength * (rng.normal("bursts", len(strength), 7) > _BURST_ABOVE)
    router = np.where(strength > 0, 60 + 200 * strength, 0) + 400 * bursts
    conditions.router_ms = conditions.router_ms + router
    _add_loss(conditions, fault, bursts, rng)
    _add_jitter(conditions, fault, bursts, rng)
    for link in LINKS:
        conditions.latency_ms[link] = conditions.latency_ms[link] + router * 0.6


def _load_system(conditions: Conditions, _f: Fault, strength: FloatArray, rng: NoiseSource) -> None:
    """Another program eats the processor."""
    target = 88 + 12 * strength + rng.normal("cpu", len(strength), 3)
    conditions.system_cpu = np.where(strength > 0, target, conditions.system_cpu).clip(0, 100)


def _load_app(conditions: Conditions, fault: Fault, strength: FloatArray, rng: NoiseSource) -> None:
    _load_system(conditions, fault, strength, rng)
    target = 74 + 14 * strength + rng.normal("app", len(strength), 3)
    conditions.app_cpu = np.where(strength > 0, target, conditions.app_cpu).clip(0, 100)


def _lower_capture_rate(
    conditions: Conditions, _f: Fault, strength: FloatArray, _d: NoiseSource
) -> None:
    conditions.capture = np.where(strength > 0, 0.3 - 0.25 * strength, conditions.capture)


def _stop_sending(
    conditions: Conditions, fault: Fault, strength: FloatArray, _d: NoiseSource
) -> None:
    for media in _media(fault):
        conditions.sending[media] = np.where(strength > 0, 0.0, conditions.sending[media])


def _stop_receiving(
    conditions: Conditions, fault: Fault, strength: FloatArray, _d: NoiseSource
) -> None:
    for media in _media(fault):
        conditions.receiving[media] = np.where(strength > 0, 0.0, conditions.receiving[media])


def _disable_module(
    conditions: Conditions, fault: Fault, strength: FloatArray, rng: NoiseSource
) -> None:
    _stop_sending(conditions, fault, strength, rng)
    _stop_receiving(conditions, fault, strength, rng)


def _disconnect(conditions: Conditions, _f: Fault, strength: FloatArray, _d: NoiseSource) -> None:
    conditions.online = np.where(strength > 0, 0.0, conditions.online)


# Causes that are missing here change who is in the room (joins, removals), not the conditions.
_EFFECTS: Final[dict[str, Callable[[Conditions, Fault, FloatArray, NoiseSource], None]]] = {
    "network.loss": _add_loss,
    "network.latency": _add_latency,
    "network.jitter": _add_jitter,
    "network.wifi_weak": _weaken_wifi,
    "device.cpu_high": _load_system,
    "device.app_cpu_high": _load_app,
    "device.busy": _lower_capture_rate,
    "user_action.stopped_sending": _stop_sending,
    "user_action.module_off": _disable_module,
    "user_action.peer_stopped_receiving": _stop_receiving,
    "media.no_sound": _stop_sending,
    "media.peer_no_stream": _stop_sending,
    "media.peer_no_frames": _stop_sending,
    "server.no_downlink_stream": _stop_receiving,
    "server.no_downlink_frames": _stop_receiving,
    "reconnect.network_down": _disconnect,
    "reconnect.proxy_set": _disconnect,
    "reconnect.token_renewed": _disconnect,
    "reconnect.ip_changed": _disconnect,
    "reconnect.timeout": _disconnect,
    "connection.failed": _disconnect,
}
