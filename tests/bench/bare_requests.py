"""Sends the requests on standard input to Slack with slack-sdk alone; prints the CPU seconds.

`python -m tests.bench.bare_requests URL TOKEN`; a request is a line of JSON, method and arguments.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Iterable

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient


async def main(url: str, token: str, lines: Iterable[str]) -> None:
    """Send one request after another over one connection; the first does not count."""
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(token, base_url=url, session=session)
        await client.auth_test()
        began = time.process_time()
        for line in lines:
            method, arguments = json.loads(line)
            with contextlib.suppress(SlackApiError):  # such as for a message that is already there
                await client.api_call(method, json=arguments)
        print(time.process_time() - began)  # noqa: T201 - a benchmark prints


if __name__ == "__main__":
    _, api_url, bot_token = sys.argv
    asyncio.run(main(api_url, bot_token, sys.stdin))
