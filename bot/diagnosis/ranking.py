"""Which suspect comes first: what explains the suffering, a sender before a receiver."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from bot.call import Direction
from bot.diagnosis.candidates import Suspect
from bot.diagnosis.cloud_findings import OTHER, Claim, alone, confirmed, fits
from bot.diagnosis.context import Scene
from bot.diagnosis.symptoms import freeze_measured, freezes

_LEAST: Final = 0.2  # below this a suspect is not worth a reader's time
_MOST: Final = 0.97
_MOST_UNFELT: Final = 0.68
_EXPLAINED: Final = 0.45  # a fault this likely that can be felt comes before one that cannot
_CLOSE: Final = 0.15  # suspects this near each other are ordered sender first
_UNFELT_ELSEWHERE: Final = 0.75
_OTHER_MEDIUM: Final = 0.88
_UNFELT: Final = 0.93
_RIVAL: Final = 0.9
_DENIED: Final = 0.85
_BOTH_ENDS: Final = frozenset({"device", "reconnect", "session", "connection", "join", "server"})


def weigh(scene: Scene, suspects: Iterable[Suspect], claims: Sequence[Claim]) -> list[Suspect]:
    """Return the suspects, the one to name first; each with the confidence it deserves."""
    seen = [_fitted(scene, suspect) for suspect in suspects]
    heard, unheard = _hear(seen, claims)
    told = [_fitted(scene, alone(scene, claim)) for claim in unheard]
    everyone = [_capped(scene, one) for one in (*_doubted(heard, unheard), *told)]
    kept = [one for one in everyone if one.confidence >= _LEAST]
    return _rivalled(_ordered(scene, kept))


def _hear(
    suspects: Sequence[Suspect], claims: Sequence[Claim]
) -> tuple[list[Suspect], list[Claim]]:
    """Let the cloud confirm suspects; return them, and the claims that fit none."""
    heard = list(suspects)
    unheard = []
    for claim in claims:
        matches = [number for number, one in enumerate(heard) if fits(claim, one)]
        for number in matches:
            heard[number] = confirmed(heard[number], claim)
        if not matches:
            unheard.append(claim)
    return heard, unheard


def _doubted(heard: Sequence[Suspect], unheard: Sequence[Claim]) -> list[Suspect]:
    """Doubt what we saw when the cloud names something else and not this."""
    named_otherwise = any(claim.cause != OTHER for claim in unheard)
    if not named_otherwise:
        return list(heard)
    return [one if one.told else replace(one, confidence=one.confidence * _DENIED) for one in heard]


def _fitted(scene: Scene, suspect: Suspect) -> Suspect:
    """Lower a suspect that does not explain what the abnormal side suffers."""
    if suspect.uid not in scene.ends:
        return suspect
    factor = 1.0
    if not explains(scene, suspect):
        factor *= _UNFELT_ELSEWHERE
    elif suspect.seen and suspect.cause.group == "network":
        factor *= _felt(scene, suspect)
    return replace(suspect, confidence=suspect.confidence * factor)


def explains(scene: Scene, suspect: Suspect) -> bool:
    """Tell whether the abnormal side would feel this fault."""
    cause = suspect.cause
    if cause.group in _BOTH_ENDS or cause.name == "wifi_weak":
        return True
    own = suspect.uid == scene.report.abnormal_uid
    if cause.direction is None:
        return own or cause.group in {"user_action", "media", "network"}
    return own == (cause.direction is Direction.DOWN)


def _felt(scene: Scene, suspect: Suspect) -> float:
    """Return 1 when the abnormal side froze in this medium, less when it did not."""
    uid, media = scene.report.abnormal_uid, suspect.cause.media
    frozen = {one.media for one in freezes(scene, uid)}
    if not frozen:
        measured = media is not None and freeze_measured(scene, uid, media)
        return _UNFELT if measured else 1.0
    return 1.0 if media is None or media in frozen else _OTHER_MEDIUM


def _capped(scene: Scene, suspect: Suspect) -> Suspect:
    """Keep a little doubt; and more where who complains cannot have felt it, told or not."""
    felt = suspect.uid not in scene.ends or explains(scene, suspect)
    most = _MOST if felt else _MOST_UNFELT
    return replace(suspect, confidence=min(most, suspect.confidence))


def _ordered(scene: Scene, suspects: Sequence[Suspect]) -> list[Suspect]:
    """Order by confidence; among those close to the best, the sender's fault first.

    What who complains cannot have felt comes after what explains the complaint well enough.
    """
    if not suspects:
        return []
    sender = scene.ends[0]
    felt = [one for one in suspects if explains(scene, one)]
    explained = any(one.confidence >= _EXPLAINED for one in felt)
    best = max(one.confidence for one in (felt if explained else suspects))

    def place(suspect: Suspect) -> tuple[bool, bool, bool, float]:
        own = explains(scene, suspect)
        close = suspect.confidence >= best - _CLOSE
        first = close and suspect.uid == sender and own
        return (explained and not own, not close, not first, -suspect.confidence)

    return sorted(suspects, key=place)


def _rivalled(ranked: Sequence[Suspect]) -> list[Suspect]:
    """Lower the first when another explains as much: two faults, either may be the reason."""
    if len(ranked) > 1 and ranked[1].confidence >= ranked[0].confidence - _CLOSE:
        first = replace(ranked[0], confidence=ranked[0].confidence * _RIVAL)
        second = ranked[1]
        limit = min(second.confidence, first.confidence)
        return [first, replace(second, confidence=limit), *ranked[2:]]
    return list(ranked)
