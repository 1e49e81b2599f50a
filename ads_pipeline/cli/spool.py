"""`ads spool`."""

import sys
from dataclasses import asdict

import click

from ads_pipeline.cli.common import json_option, print_json, print_list, settings
from ads_pipeline.cli.tables import echo
from ads_pipeline.errors import AdsError
from ads_pipeline.inbox.salvage import SpoolFile, look, salvage
from ads_pipeline.inbox.sealing import Sealer
from ads_pipeline.inbox.spool import Spool
from ads_pipeline.landing import open_writable_store


@click.group()
def spool() -> None:
    """Check what `ads serve` has accepted and not yet landed; salvage what is damaged or left behind."""


@spool.command()
@json_option
def check(as_json: bool) -> None:
    """List the files of the spool. Ends with 1 if any is damaged, or not the spool's."""
    files = look(settings().home.absolute() / "spool")
    columns = tuple(SpoolFile.__dataclass_fields__)
    print_list("files of the spool", columns, [asdict(file) for file in files], as_json, keys=("name", "state"), texts=())
    if any(file.damage or file.state == "foreign" for file in files):
        if not as_json:
            echo("`ads spool salvage` lands what can be read of broken files; foreign files are left alone: move them away", err=True)
        sys.exit(1)


@spool.command(name="salvage")
@json_option
def salvage_spool(as_json: bool) -> None:
    """Land what waits in the spool, and what can be read of broken files; these are kept as .salvaged.

    Works beside a running `ads serve`, and where none runs any more.
    """
    loaded = settings()
    folder, store = loaded.home.absolute() / "spool", open_writable_store(loaded)
    store.check()
    Sealer(folder, store, age=0, size=loaded.seal_bytes).close()
    if waiting := Spool(folder).look().waiting:
        raise AdsError(f"{len(waiting)} files of {folder} could not be sealed: the log above says why")
    found = [{"file": file, "drop": drop, "events": events} for file, drop, events in salvage(folder, store)]
    if as_json:
        print_json(found)
        return
    for one in found:
        echo(f"{one['file']}: {one['events']} events landed as {one['drop']}" if one["drop"] else f"{one['file']}: no event can be read")
    echo("all events of the spool are landed: `ads ingest` loads them")
