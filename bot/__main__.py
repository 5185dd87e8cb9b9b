"""Runs the command line: `python -m bot`, installed as `lagdesk`."""

import gc
import sys

gc.disable()  # imports leave no garbage, and looking for it is a sixth of their time

from bot.cli.main import main  # noqa: E402 - not before collecting is off

if __name__ == "__main__":
    sys.exit(main())
