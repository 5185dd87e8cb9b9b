"""What Volcengine takes as an id of a room or of a user. Nothing else."""

from __future__ import annotations

import re
from typing import Final

from bot.i18n.messages import message

# "Rules for parameters" (docs/6348/70114); the same for rooms and users, case matters.
ID: Final = re.compile(r"[A-Za-z0-9@_.-]{1,128}")
ID_HINT: Final = message("1 to 128 letters, digits or these characters: %(signs)s", signs="@ _ - .")
