"""`ads key`."""

from datetime import date

import click

from ads_pipeline.api.keys import SCOPES, add_entry, make_key, read_keys, revoke
from ads_pipeline.cli.common import DAY, settings
from ads_pipeline.cli.tables import print_table
from ads_pipeline.errors import SettingsError, UsageError
from ads_pipeline.pipeline.sources import source_files
from ads_pipeline.settings import Settings


@click.command()
@click.argument("name", required=False)
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, help="What the key is for; may be repeated.")
@click.option("--until", type=DAY, help="Last day (UTC) on which it is valid; default: for ever.")
@click.option("--source", default="", help="Write to this source alone, and read its drops alone.")
@click.option("--only", metavar="COL=VALUE", multiple=True, help="Read these values of a dimension alone; may be repeated.")
@click.option("--events-a-day", type=click.IntRange(min=1), help="Events that it may send a day (UTC) to each host.")
@click.option("--bytes-a-day", type=click.IntRange(min=1), help="Bytes, decompressed, that it may send a day to each host.")
@click.option("--revoke", "is_revoked", is_flag=True, help="Take all keys of this name out of the file of keys.")
def key(
    name: str | None, scopes: tuple[str, ...], until: date | None, source: str, only: tuple[str, ...],
    events_a_day: int | None, bytes_a_day: int | None, is_revoked: bool,
) -> None:  # fmt: skip
    """Make, list or revoke API keys for `ads serve`.

    A new key is shown once; the settings hold its hash. NAME identifies its holder in logs, drops and rate limits. If ADS_API_KEYS_FILE
    is set, the key's entry is added to that file, and a running service takes it within a second or two, as it does with --revoke.
    Without NAME, the keys are listed.
    """
    loaded = settings()
    if name is None:
        _list(loaded)
    elif is_revoked:
        _revoke(loaded, name)
    elif not scopes:
        raise UsageError(f"what is the key for? add --scope, one or more of {', '.join(SCOPES)}")
    else:
        if source and source not in (known := sorted(source_files(loaded))):
            raise UsageError(f"unknown source {source!r}: there are {', '.join(known)}; a new one is a file")
        bounds: dict[str, str | tuple[str, ...]] = {
            "until": str(until or ""),
            "source": source,
            "only": only,
            "events": str(events_a_day or ""),
            "bytes": str(bytes_a_day or ""),
        }
        _make(loaded, name, scopes, bounds)


def _make(loaded: Settings, name: str, scopes: tuple[str, ...], bounds: dict[str, str | tuple[str, ...]]) -> None:
    try:
        secret, entry = make_key(name, tuple(dict.fromkeys(scopes)), **bounds)
    except SettingsError as error:
        raise UsageError(f"the key {error}" if not str(error).startswith("invalid") else str(error)) from None
    click.echo(f"key, for its holder:       {secret}")
    if loaded.api_keys_file:
        add_entry(loaded.api_keys_file, entry)
        click.echo(f"its entry was added to     {loaded.api_keys_file}", err=True)
    else:
        click.echo(f"entry, for ADS_API_KEYS:   {entry}")


def _revoke(loaded: Settings, name: str) -> None:
    if not loaded.api_keys_file:
        raise UsageError("ADS_API_KEYS_FILE is not set: take the key's entry out of ADS_API_KEYS, and start the service again")
    if not (count := revoke(loaded.api_keys_file, name)):
        raise UsageError(f"{loaded.api_keys_file} has no key {name!r}: `ads key` lists all")
    click.echo(f"{count} of {name} revoked: a running service refuses what was valid within a second or two")


def _list(loaded: Settings) -> None:
    columns = ("name", "scopes", "until", "source", "only", "events a day", "bytes a day", "hash")
    rows = [
        [
            caller.name,
            "+".join(sorted(caller.scopes)),
            f"{caller.until} (over)" if caller.has_expired else caller.until,
            caller.source,
            " ".join(f"{column}={value}" for column, values in caller.only.items() for value in values),
            caller.events or None,
            caller.size or None,
            caller.hash[:8],
        ]
        for caller in read_keys(loaded)
    ]
    print_table("keys", columns, rows, keys=("name",))
