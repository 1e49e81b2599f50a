"""The engine's own parser reads every shipped statement, with each of its conditions true and false."""

from collections.abc import Iterator
from itertools import product

import pytest
from jinja2 import Environment, meta, nodes

from ads_pipeline.contract import CONTRACT_FIELDS
from ads_pipeline.errors import EngineError
from ads_pipeline.pipeline.staging.uniform import LineForm
from ads_pipeline.warehouse.statements import Dialect, Name, Names, Part, Sql, shipped_folder, statement, template
from ads_pipeline.warehouse.warehouse import Warehouse
from tests.engine.conftest import Home

SELECT = Sql("SELECT 1 AS a")
RATIO = statement("queries/ratio", above=Name("a"), factor=1000, below=Name("b"), ratio=Name("r"))
MERGED = statement("queries/merged_metric", function=Name("sum"), metric=Name("m"))
FENCE = statement("lease/fence", database=Name("ads"), generation=1)
CLUSTER = Dialect(
    on_cluster=statement("cluster/on_cluster", cluster=Name("ads")),
    replicated=Sql("Replicated"),
    everywhere=Sql("'/clickhouse/tables/{uuid}/everywhere', '{shard}-{replica}', "),
    fence=FENCE,
)
PARTS: dict[str, Part] = {
    **dict.fromkeys(("select", "lines", "contract", "plain", "cells", "records", "compared", "effect", "events", "changes"), SELECT),
    "of": Sql("SELECT 'a.ndjson'"),
    "columns": (Name("a"), RATIO),
    "merged": (Name("a"), MERGED),
    **dict.fromkeys(
        ("by", "dimensions", "filtered", "keys", "least", "texts", "sums", "states", "extremes", "unsigned"), Names(("a", "b"))
    ),
    "order": ((Name("a"), True), (Name("b"), False)),
    "rollups": ((Name("a"), Name("a_report"), Name("a_stated")),),
    **dict.fromkeys(("ranked", "before"), Name("m")),
    "collection": Name("landing"),
    "checksum": Sql("0" * 64),
    "fixed": Sql("campaign_daily"),
    "partitions": (20261128, 20261129),
    **dict.fromkeys(("factor", "generation", "days", "handle", "ttl_days"), 1),
    "reading": statement(
        "ingest/reading",
        ndjson=False,
        files=False,
        csv=False,
        avro=False,
        spaces=False,
        delimiter=Sql("2c"),
        double=1,
        single=0,
        header=1,
        bucket=True,
        parquet=True,
        one_stream=True,
        wide=False,
        short=False,
    ),
    "body": statement("ingest/body", ndjson=True, csv=False, avro=False),
    **LineForm(CONTRACT_FIELDS, is_spaced=False).parts,
}
"""What stands in for parts that are no names; all others are."""

SPECIAL: dict[str, dict[str, Part]] = {
    **{name: {"source": SELECT} for name in ("ingest/contract", "ingest/plain_records")},
    "ingest/source_plan": {"source": SELECT},
    "maintenance/copy_days": {"columns": Names(("a", "b"))},
    "maintenance/rewrite_day": {"columns": Names(("a", "b"))},
    "history/keep": {"metrics": ((Name("sum"), Name("m")),)},
    "history/close": {"metrics": ((Name("sum"), Name("m")),)},
    **{name: {"marks": SELECT} for name in ("history/held_days", "history/stated")},
    "history/restatements": {"marks": SELECT, "places": (1, 2)},
    "maintenance/rollup_days": {"events": SELECT, "select": SELECT},
    "erase/kept_totals": {"held": SELECT},
    "queries/ranked": {"groups": SELECT},
    "queries/parted": {"source": SELECT},
    "queries/breakdown": {"source": SELECT},
    "why/corrected": {"amounts": Names(("a", "b"))},
    "why/without": {"metrics": ((Name("sumIf"), Name("m")),), "places": (0, 1)},
}


def statements() -> Iterator[str]:
    """Every file that is a statement: one that begins with a comment of Jinja is a part of others."""
    for path in sorted(shipped_folder().rglob("*.sql")):
        if path.name != "given.sql" and not path.read_text().startswith("{#"):
            yield str(path.relative_to(shipped_folder()).with_suffix(""))


def conditions(name: str) -> list[str]:
    """The parts that decide a condition of a template, or of one that it includes."""
    sql, jinja = template(name), Environment(autoescape=True)
    trees = [jinja.parse(sql.text)]
    trees += [jinja.parse(template(str(file).removesuffix(".sql")).text) for file in meta.find_referenced_templates(trees[0])]
    asked = {part.name for tree in trees for found in tree.find_all(nodes.If) for part in names_in(found.test)}
    return sorted(asked & sql.wants)


def names_in(test: nodes.Node) -> list[nodes.Name]:
    return [test] if isinstance(test, nodes.Name) else list(test.find_all(nodes.Name))


def renderings(name: str) -> set[str]:
    """A statement with every combination of its conditions, on one engine and on a cluster."""
    sql = template(name)
    parts = {part: (PARTS | SPECIAL.get(name, {})).get(part, Name(part)) for part in sql.wants}
    asked = {part: PARTS.get(part, True) for part in conditions(name)}
    answers = [[(part, usual), (part, 0 if type(usual) is int else ())] for part, usual in asked.items()]
    found: set[str] = set()
    for chosen in map(dict[str, Part], product(*answers)):
        found |= {sql.fill(**parts | chosen).render(dialect) for dialect in (Dialect(), CLUSTER)}
    return found


def parse(warehouse: Warehouse, text: str) -> None:
    warehouse.value(Sql("SELECT formatQuery({text:String})"), text=text)


def test_every_statement_parses(home: Home) -> None:
    wrong = {}
    for name in statements():
        for text in renderings(name):
            try:
                parse(home.warehouse, text)
            except EngineError as error:
                wrong[name] = str(error)[:300]
    assert wrong == {}, "\n".join(wrong)


@pytest.mark.parametrize("text", ["SELECT 1 FORM t", "SELECT a, FROM t WHERE", "ALTER TABLE t DROP PARTITON 1"])
def test_the_parser_bites(home: Home, text: str) -> None:
    with pytest.raises(EngineError):
        parse(home.warehouse, text)
