"""Rules over several fields of one object. Each factory returns a rule for `Object.rules`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation

from bot.sandbox.slack.block_kit.problem import Problem, step
from bot.sandbox.slack.block_kit.schema import Json, Problems, Rule


def _named(names: tuple[str, ...]) -> str:
    return " or ".join(f"`{name}`" for name in names)


def at_least_one_of(*names: str) -> Rule:
    """Require one of the fields at least."""

    def rule(value: Json, pointer: str) -> Problems:
        if not any(name in value for name in names):
            yield Problem(f"must define either {_named(names)}", pointer, ("any_of", list(names)))

    return rule


def not_together(*names: str) -> Rule:
    """Refuse two of the fields in one object."""

    def rule(value: Json, pointer: str) -> Problems:
        if sum(name in value for name in names) > 1:
            text = f"must define only one of {_named(names)}"
            yield Problem(text, pointer, ("one_of", list(names)))

    return rule


def exactly_one_of(*names: str) -> Rule:
    """Require one of the fields and refuse two."""

    def rule(value: Json, pointer: str) -> Problems:
        yield from at_least_one_of(*names)(value, pointer)
        yield from not_together(*names)(value, pointer)

    return rule


def needs(name: str, other: str) -> Rule:
    """Refuse a truthy `name` without a truthy `other`."""

    def rule(value: Json, pointer: str) -> Problems:
        if value.get(name) and not value.get(other):
            yield Problem(f"`{name}` requires `{other}`", step(pointer, name), ("requires", other))

    return rule


def excludes(name: str, other: str) -> Rule:
    """Refuse a truthy `name` beside a truthy `other`."""

    def rule(value: Json, pointer: str) -> Problems:
        if value.get(name) and value.get(other):
            text = f"`{name}` cannot be used with `{other}`"
            yield Problem(text, step(pointer, name), ("not", other))

    return rule


def ordered(low: str, high: str) -> Rule:
    """Refuse a lower bound above its upper one; bounds are numbers or decimal strings."""

    def rule(value: Json, pointer: str) -> Problems:
        bounds = _decimal(value.get(low)), _decimal(value.get(high))
        if bounds[0] is not None and bounds[1] is not None and bounds[0] > bounds[1]:
            text = f"`{low}` cannot be greater than `{high}`"
            yield Problem(text, step(pointer, low), ("maximum", value[high]))

    return rule


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def unique(items: str, key: str) -> Rule:
    """Refuse two objects in the list `items` with the same string under `key`."""

    def rule(value: Json, pointer: str) -> Problems:
        seen: set[str] = set()
        for index, item in enumerate(objects(value.get(items))):
            name = item.get(key)
            if isinstance(name, str) and name in seen:
                text = f"`{key}` must be unique"
                yield Problem(text, step(pointer, items, index, key), ("unique_items", name))
            elif isinstance(name, str):
                seen.add(name)

    return rule


def objects(value: object) -> Iterator[Json]:
    """Iterate over a list's items, an empty object standing for whatever is none."""
    if isinstance(value, list | tuple):
        yield from (item if isinstance(item, Mapping) else {} for item in value)


def strings(value: object) -> list[str]:
    """List a list's items that are strings."""
    return (
        [item for item in value if isinstance(item, str)] if isinstance(value, list | tuple) else []
    )


def chosen_among_options(name: str) -> Rule:
    """Require `initial_option` or each of `initial_options` to equal an option offered.

    An empty `initial_options` is refused too, as Slack does.
    """

    def rule(value: Json, pointer: str) -> Problems:
        if name not in value:
            return
        offered = _offered(value)
        first = value[name]
        chosen = first if isinstance(first, list | tuple) else [first]
        if not chosen or not all(_is_among(option, offered) for option in chosen):
            text = "must be one of the provided options"
            yield Problem(text, step(pointer, name), ("enum", "options"))

    return rule


def _is_among(option: object, offered: list[object]) -> bool:
    try:
        return option in offered
    except RecursionError:  # nested too deep to be an option, let alone an equal one
        return False


def _offered(value: Json) -> list[object]:
    groups = [value, *objects(value.get("option_groups"))]
    return [
        option
        for group in groups
        if isinstance(options := group.get("options"), list | tuple)
        for option in options
    ]
