"""The engine's own parser reads every shipped statement, with each of its conditions true and false."""

from collections.abc import Iterator

import pytest

from ads_pipeline.errors import EngineError
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
CONDITIONS = ("of_day", "in_range", "limited", "repeated", "as_array", "writable", "migrates")
PARTS: dict[str, Part] = {
    **dict.fromkeys(("select", "lines", "contract"), SELECT),
    "of": Sql("SELECT 'a.ndjson'"),
    "columns": (Name("a"), RATIO),
    "merged": (Name("a"), MERGED),
    **dict.fromkeys(("by", "dimensions", "filtered"), Names(("a", "b"))),
    "order": ((Name("a"), True), (Name("b"), False)),
    "checksum": Sql("0" * 64),
    **dict.fromkeys(("factor", "generation", "days", "handle"), 1),
    "reading": Sql("max_threads = 1"),
    "body": Sql("FORMAT LineAsString"),
}
"""What stands in for parts that are no names; all others are."""

SPECIAL: dict[str, dict[str, Part]] = {
    "ingest/contract": {"source": SELECT},
    "maintenance/copy_days": {"columns": Names(("a", "b"))},
}


def statements() -> Iterator[str]:
    """Every file that is a statement: one that begins with a comment of Jinja is a part of others."""
    for path in sorted(shipped_folder().rglob("*.sql")):
        if path.name != "given.sql" and not path.read_text().startswith("{#"):
            yield str(path.relative_to(shipped_folder()).with_suffix(""))


def rendered(name: str, condition: bool, dialect: Dialect) -> str:
    sql = template(name)
    parts = PARTS | dict.fromkeys(CONDITIONS, condition) | SPECIAL.get(name, {})
    return sql.fill(**{part: parts.get(part, Name(part)) for part in sql.wants}).render(dialect)


def parse(warehouse: Warehouse, text: str) -> None:
    warehouse.value(Sql("SELECT formatQuery({text:String})"), text=text)


def test_every_statement_parses(home: Home) -> None:
    wrong = {}
    for name in statements():
        for text in {rendered(name, condition, dialect) for condition in (True, False) for dialect in (Dialect(), CLUSTER)}:
            try:
                parse(home.warehouse, text)
            except EngineError as error:
                wrong[name] = str(error)[:300]
    assert wrong == {}, "\n".join(wrong)


@pytest.mark.parametrize("text", ["SELECT 1 FORM t", "SELECT a, FROM t WHERE", "ALTER TABLE t DROP PARTITON 1"])
def test_the_parser_bites(home: Home, text: str) -> None:
    with pytest.raises(EngineError):
        parse(home.warehouse, text)
