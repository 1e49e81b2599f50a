"""Completion in the shell: names of rollups and of their columns, read from the SQL files, so that it opens no engine."""

import re
from collections.abc import Callable
from typing import Literal

import click
from click.shell_completion import CompletionItem

from ads_pipeline.errors import AdsError
from ads_pipeline.pipeline.rollups import RATIOS, rollup_files
from ads_pipeline.settings import load_settings

Kind = Literal["dimensions", "metrics", "all", "conditions"]

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

_METRIC = re.compile(r"State\s*\(.*\)\s+AS\s+(\w+)")
_GROUPED = re.compile(r"GROUP\s+BY\s+([\w\s,`]+)", re.IGNORECASE)


def complete_rollups(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The rollups whose names begin so."""
    del ctx, param
    return [CompletionItem(name) for name in _texts() if name.startswith(incomplete)]


def complete_columns(kind: Kind) -> Completer:
    """Completes the last of several names with commas between them, by the columns of the rollup that is named before."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        del param
        *before, last = incomplete.split(",")
        sign = "-" if kind == "all" and last.startswith("-") else ""
        # behind an option that has no value yet, click has not come to the arguments
        names = _columns(ctx.params.get("rollup") or next(iter(ctx.args), ""), kind)
        start = "".join(f"{name}," for name in before) + sign
        return [CompletionItem(start + name) for name in names if name.startswith(last.removeprefix(sign)) and name not in before]

    return complete


def _columns(rollup: str, kind: Kind) -> list[str]:
    """Dimensions, metrics and ratios as the text of the SELECT has them."""
    text = _texts().get(rollup, "")
    metrics = _METRIC.findall(text)
    grouped = _GROUPED.findall(text)
    dimensions = [name.strip(" `\n") for name in grouped[-1].split(",")] if grouped else []
    ratios = [name for name, (above, _, below) in RATIOS.items() if above in metrics and below in metrics]
    if kind == "conditions":
        return [f"{name}=" for name in dimensions]
    return (dimensions if kind != "metrics" else []) + (metrics + ratios if kind != "dimensions" else [])


def _texts() -> dict[str, str]:
    """The SELECT of each rollup; none where the settings are not sound: a shell shows no error while somebody types."""
    try:
        return {name: select.text for name, select in rollup_files(load_settings()).items()}
    except AdsError:
        return {}
