from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
# A second thread begins to read a class while the first one is reading the types of its fields.
SCRIPT: Final = """
import threading
from dataclasses import dataclass
import msgspec._utils
from bot.decoding import convert_object, decode_json

@dataclass
class Inner:
    number: int

@dataclass
class Outer:
    inner: Inner
    name: str = ""

DATA = {"inner": {"number": 1}, "name": "x"}
read = []
second = threading.Thread(target=lambda: read.append(convert_object(DATA, Outer)))
annotations_of = msgspec._utils.get_class_annotations

def interrupt(kind):
    if kind is Inner:
        second.start()
        second.join(0.5)  # or it waits until the first one has finished
    return annotations_of(kind)

msgspec._utils.get_class_annotations = interrupt
read.append(decode_json(b'{"inner": {"number": 1}, "name": "x"}', Outer))
second.join()
print(read == [Outer(Inner(1), "x")] * 2)
"""


def test_class_that_two_threads_use_first() -> None:
    """Both read it, and the process lives."""
    script = [sys.executable, "-c", SCRIPT]
    ended = subprocess.run(script, cwd=ROOT, check=False, capture_output=True, text=True)  # noqa: S603 - our words
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "True\n", "")
