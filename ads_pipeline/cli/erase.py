"""`ads erase`."""

import sys
from pathlib import Path

import click
import msgspec

from ads_pipeline.cli.common import json_option, print_json, running, settings
from ads_pipeline.cli.tables import echo
from ads_pipeline.errors import AdsError, UsageError
from ads_pipeline.inbox.salvage import salvage
from ads_pipeline.inbox.sealing import Sealer
from ads_pipeline.inbox.spool import Spool
from ads_pipeline.landing import open_store, open_writable_store
from ads_pipeline.pipeline.erasing.verb import erase as run_erase
from ads_pipeline.pipeline.erasing.verb import plan_erasure
from ads_pipeline.settings import Settings


@click.command()
@click.option("--user-id", "user_ids", multiple=True, metavar="ID", help="A person to erase, by the user id that events have.")
@click.option("--file", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Ids of people to erase, one a line.")
@click.option("--plan", is_flag=True, help="Show what would be taken out, and change nothing.")
@json_option
def erase(user_ids: tuple[str, ...], file: Path | None, plan: bool, as_json: bool) -> None:
    """Take people out of raw, rollups, quarantine, landed drops, the spool and logs.

    Their lines are left out of whatever is loaded from now on. Running it again changes nothing; after it was killed, run it again.
    A certificate says what was done, and ends up under ADS_HOME. Ends with 1 if something still holds their ids.
    """
    ids = [*user_ids, *(_ids_of(file) if file else [])]
    if not ids:
        raise click.UsageError("name people by --user-id or --file")
    if plan:
        with running() as (loaded, run):
            planned = plan_erasure(run, open_store(loaded), ids)
        print_json(planned.as_dict())
        return
    _land_spool(settings())
    with running() as (loaded, run):
        done, path = run_erase(run, open_store(loaded), ids)
    certificate = msgspec.json.decode(path.read_bytes())
    if as_json:
        print_json(certificate)
    else:
        echo(
            f"{done.people} people erased: {sum(done.days.values())} events of {len(done.days)} days, {done.quarantined} refused records, "
            f"{len(done.landed.rewritten)} drops written anew"
        )
        for name, reason in (done.landed.listed | done.landed.unread).items():
            echo(f"left as it is: {name}: {reason}")
        for text in done.remaining:
            echo(f"still holds ids: {text}")
        echo(f"certificate: {path}")
    if not certificate["complete"]:
        sys.exit(1)


def _ids_of(file: Path) -> list[str]:
    try:
        return [line for line in file.read_text(encoding="utf-8").splitlines() if line]
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not UTF-8: write one id a line") from None


def _land_spool(loaded: Settings) -> None:
    """Land what waits in the spool, so that it is a drop like others."""
    folder = loaded.home.absolute() / "spool"
    if not folder.is_dir():
        return
    store = open_writable_store(loaded)
    store.check()
    Sealer(folder, store, age=0, size=loaded.seal_bytes).close()
    if waiting := Spool(folder).look().waiting:
        raise AdsError(f"{len(waiting)} files of {folder} could not be sealed: the log above says why")
    for _ in salvage(folder, store):
        pass
