"""`ads key`."""

import click

from ads_pipeline.api.access import SCOPES, make_key


@click.command()
@click.argument("name")
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True, help="What the key is for; may be repeated.")
def key(name: str, scopes: tuple[str, ...]) -> None:
    """Make an API key for `ads serve`. The key is shown once; the settings hold its hash.

    NAME identifies its holder in logs and rate limits.
    """
    secret, entry = make_key(name, tuple(dict.fromkeys(scopes)))
    click.echo(f"key, for its holder:       {secret}")
    click.echo(f"entry, for ADS_API_KEYS:   {entry}")
