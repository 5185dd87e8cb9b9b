"""The roof's part of `callback`: where Huawei tells of finished recordings, shown or set."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from bot.cli.parser import DONE, FAILED
from bot.i18n import Message, message
from bot.services.call_control.webhook_registration import Address, Addresses
from bot.services.tickets.service import Desk
from bot.settings import N_, SettingError, Settings, require


class _House(Protocol):
    @property
    def desk(self) -> Desk: ...


OpenHouse = Callable[[Settings], AbstractAsyncContextManager[_House]]


async def run(settings: Settings, options: argparse.Namespace, open_house: OpenHouse) -> int:
    """Show the address of each app that is recorded, or set it; 1 when one is not as wanted."""
    if not settings.huawei_record_rules:
        raise SettingError("HUAWEI_RECORD_RULES", N_("names and rules such as kids=RULEID"))
    if options.url:
        require(settings, "HUAWEI_CALLBACK_KEY")
    async with open_house(settings) as house:
        addresses = Addresses(house.desk)
        if options.url:
            found = await addresses.set(options.url, replaces=options.replace)
        else:
            found = await addresses.look()
        for address in found:
            said = house.desk.languages.default.say(_line(address, is_setting=bool(options.url)))
            print(" / ".join(said.splitlines()))  # noqa: T201 - what the command is for
    is_done = all(one.is_new if options.url else one.failure is None for one in found)
    return DONE if is_done else FAILED


def _line(address: Address, *, is_setting: bool) -> Message:
    """One line of what is printed."""
    if address.failure is not None:
        return message("%(app)s: %(why)s", app=address.app, why=address.failure)
    named = {"app": address.app, "url": address.url or ""}
    if address.is_new:
        return message("%(app)s: recordings are now told at %(url)s.", **named)
    if is_setting:
        return message(
            "%(app)s: nothing is changed, for recordings are already told at %(url)s. Add "
            "--replace to have them told here instead.",
            **named,
        )
    if not address.url:
        return message(
            "%(app)s: recordings are told nowhere. Add --url https://your.host to have them told "
            "to Lagdesk.",
            app=address.app,
        )
    return message("%(app)s: recordings are told at %(url)s.", **named)
