"""A wrong clock for a whole process: put this folder on PYTHONPATH and set CLOCK_SKEW_S."""

from __future__ import annotations

import datetime as dt
import os
import time
from typing import Any, Final

_SKEW_S: Final = float(os.environ["CLOCK_SKEW_S"])
_right_time, _right_datetime = time.time, dt.datetime


class _AnyDatetime(type):
    """Takes every datetime for an instance of the class below."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _right_datetime)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, _right_datetime)


class _SkewedDatetime(dt.datetime, metaclass=_AnyDatetime):
    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Any:
        return _right_datetime.now(tz) + dt.timedelta(seconds=_SKEW_S)


time.time = lambda: _right_time() + _SKEW_S
dt.datetime = _SkewedDatetime  # type: ignore[misc]
