"""`ads source test`, `ads rollup test` and `ads check --test`: examples of SQL files, run and told alike."""

import logging

import click

from ads_pipeline.cli.common import settings
from ads_pipeline.cli.tables import echo, print_verdict
from ads_pipeline.pipeline.examples import difference, find_examples


def run_examples(kind: str, names: tuple[str, ...]) -> None:
    """Run the examples of some files of a kind, or of all; exit code 1 when one fails."""
    loaded = settings()
    logging.getLogger("ads_pipeline").setLevel(logging.WARNING)  # how each database of an example is made tells nobody anything
    examples = find_examples(loaded, kind, names)
    failed = 0
    for example in examples:
        text = difference(example, loaded)
        print_verdict("FAILED" if text else "passed", "red" if text else "green", example.title)
        if text:
            failed += 1
            for line in text.splitlines():
                echo(f"    {line}")
    click.echo(f"{len(examples)} examples, {failed} failed", err=True)
    if failed:
        raise SystemExit(1)
