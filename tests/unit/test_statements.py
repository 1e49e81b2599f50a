"""SQL files, their parts and their checksums."""

from pathlib import Path

import pytest

from ads_pipeline.errors import SettingsError, UsageError
from ads_pipeline.warehouse.statements import NOTHING, Dialect, Name, Names, Sql, collection, statement

# what the homes in the field have noted, of files that are never edited: tables would be made anew, or migrations refused
RELEASED = {
    "migrations/0001_events": "04048f213ba43d2e412dfe02db5b9fb36659be77cb0eb6b560ca9a80d26551ea",
    "migrations/0002_quarantine": "06ef415fbdd47bb153de2275a64e3ad60b3277c43dfb99b69754ccb50dd32665",
    "migrations/0003_drops": "5cc98b0eae9fc48598679a36df48b5c2c7684fc1fbeda57d33934722df4abd17",
    "migrations/0004_drop_days": "ebcafd8f6f83a5d80516346f2e92707d1da6d62c30701319978f75b8b0bd6fb4",
    "migrations/0005_batch_days": "fc3edf64a213b0771ae475f38bc684cd631a4242e2e9c75033aaf9f346f7f063",
    "migrations/0006_state": "4d698446eddcab713a65d54a2a2d0254e04dce96b79ad7e0c17299e5a8e1cadc",
    "migrations/0007_events_confirmed_by": "706b4df07212cd32494400f7588157bc85f739b4563566cc0ad2c7718621f55c",
    "migrations/0008_drops_outcomes": "e6a263ef4a8b2fa0a660e613dc313d503e05b92e26d969daed08f3f39b1e4280",
    "migrations/0009_batch_days_clock": "130e7b8faef254bbf2e72e99c034c9b4ca8aed6aa74d42621617f8de2be4f97b",
    "migrations/0010_day_parts": "ab0edaa4cdf3aebbe0503a43112a95faf40ef26df1c63ccc77b4279a76e99fc3",
    "migrations/0011_day_parts_rows": "77d976c71710fe70665c429efedbd7360818b80401653761bfae3038b1b96ed9",
    "migrations/0016_doubtful_days": "eb787f599c2b7aad73c6010618b9908902abcb4bee8479df06bb912006cb482d",
    "migrations/0017_events_current": "53901886f6948ee089e9008c1e2e104d6595ed65324a98094679e1a7cf33297b",
    "rollups/campaign_daily": "91b9f384d56259c45081b44c8f7d7d13f05a6762cf433593f6de16e235802904",
    "rollups/publisher_daily": "255810f6b2fd25838746d664aa87c6a84b25c249447b9fde12ed74ffbb2bec7a",
}


def test_names_are_checked_and_quoted() -> None:
    assert str(Names(("a", "b_1"))) == "`a`, `b_1`"
    for bad in ("a b", "a`", "1a", "", "a;drop"):
        with pytest.raises(UsageError):
            Name(bad)
        with pytest.raises(UsageError):
            str(Names((bad,)))


def test_a_statement_is_complete_or_names_file_and_part() -> None:
    sql = Sql("SELECT {{ a }} FROM {{ t }} WHERE x = {x:UInt8}", {}, "queries/mine")
    assert sql.wants == {"a", "t"}
    assert sql.fill(a=Name("c"), t=Name("t")).render() == "SELECT `c` FROM `t` WHERE x = {x:UInt8}"
    with pytest.raises(ValueError, match=r"^sql/queries/mine.sql needs \{\{ t \}\}$"):
        sql.fill(a=Name("c"))
    with pytest.raises(ValueError, match=r"^sql/queries/mine.sql has no \{\{ b \}\}$"):
        sql.fill(a=Name("c"), t=Name("t"), b=1)
    with pytest.raises(ValueError, match=r"^sql/queries/mine.sql: 'a' is undefined$"):
        sql.render()


@pytest.mark.parametrize("value", ["events", 1.5, None, ["a"], (Name("a"), "b"), {"a": 1}])
def test_only_names_numbers_and_sql_are_filled_in(value: object) -> None:
    with pytest.raises(TypeError, match=r"queries/mine.*server-side parameter"):
        Sql("SELECT {{ a }}", {}, "queries/mine").fill(a=value)  # type: ignore[arg-type]


@pytest.mark.parametrize("expression", ["a.text", "'text'", "a ~ a", "true", "3 / 2", "b | join", "c", "c[1]"])
def test_no_expression_gives_a_text_either(expression: str) -> None:
    filled = Sql(f"SELECT {{{{ {expression} }}}} -- {{{{ a }}}} {{% if b and c %}}{{% endif %}}", {}).fill(
        a=Name("a"), b=(Name("b"), 1), c=(1, True)
    )
    with pytest.raises(TypeError, match="server-side parameter"):
        filled.render()


def test_loops_and_conditions() -> None:
    text = """SELECT
{% for column in columns %}
    {{ column }}{% if not loop.last %},{% endif %}

{% endfor %}
FROM t
{% if where %}
WHERE {{ where }}
{% endif %}
{% if limited %}
LIMIT {limit:UInt64}
{% endif %}"""
    sql = Sql(text, {})
    some = sql.fill(columns=Names(("a", "b")), where=Sql("x = {{1}}"), limited=True).render()
    assert " ".join(some.split()) == "SELECT `a`, `b` FROM t WHERE x = {{1}} LIMIT {limit:UInt64}"
    assert " ".join(sql.fill(columns=(1, Sql("b + 1")), where=NOTHING, limited=False).render().split()) == "SELECT 1, b + 1 FROM t"


def test_the_engines_own_braces_stay() -> None:
    text = "SELECT {day:Date}, {'a': 1}['a'], '{}', '{\"a\": {\"b\": 1}}', '{shard}' FROM {{ t }}"
    assert Sql(text, {}).fill(t=Name("t")).render() == text.replace("{{ t }}", "`t`")


@pytest.mark.parametrize("text", ["SELECT '{{ fence }}'", "SELECT '{% if %}'", "SELECT '{# no comment #}'", "SELECT '{{ t }}' AS t;"])
def test_what_people_write_is_taken_as_it_is(text: str, tmp_path: Path) -> None:
    for kind in ("rollups", "sources"):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "mine.sql").write_text(text + "\n")
        mine = collection(kind, tmp_path)["mine"]
        assert mine.render() == text.rstrip(";")
        around = statement("queries/describe", select=mine).render(Dialect(fence=Sql("throwIf(1)")))
        assert text.rstrip(";") in around


def test_parts_are_rendered_with_the_connections_dialect_once() -> None:
    inner = Sql("SELECT 1 WHERE {{ fence }} AND {{ part }}", {}).fill(part=Sql("'{{ fence }}'"))
    outer = Sql("CREATE TABLE t {{ on_cluster }} AS {{ inner }}", {}).fill(inner=(inner, Sql("2")))
    assert " ".join(outer.render().split()) == "CREATE TABLE t AS SELECT 1 WHERE 1 AND '{{ fence }}', 2"
    dialect = Dialect(on_cluster=Sql("ON CLUSTER '{{ part }}'"), fence=Sql("a = '{{b'"))
    assert outer.render(dialect) == "CREATE TABLE t ON CLUSTER '{{ part }}' AS SELECT 1 WHERE a = '{{b' AND '{{ fence }}', 2"


def test_a_dialect_cannot_be_filled_in() -> None:
    with pytest.raises(ValueError, match="has no"):
        Sql("SELECT {{ fence }}", {}).fill(fence=Sql("0"))


def test_what_an_included_file_asks_for_is_asked_for() -> None:
    sql = Sql('SELECT 1\n{% include "queries/ratio.sql" %}', {})
    assert sql.wants == {"above", "factor", "below", "ratio"}
    filled = sql.fill(above=Name("a"), factor=2, below=Name("b"), ratio=Name("c")).render()
    assert filled == "SELECT 1\ntoFloat64(`a`) * 2 / nullIf(toFloat64(`b`), 0) AS `c`"


def test_a_broken_template_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "checks" / "events").mkdir(parents=True)
    (tmp_path / "checks" / "events" / "mine.sql").write_text("-- mine\nSELECT {% if %}\n")
    with pytest.raises(SettingsError, match=r"^sql/checks/events/mine.sql, line 2: "):
        _ = collection("checks/events", tmp_path)["mine"].wants


def test_a_checksum_is_of_what_the_engine_reads() -> None:
    assert Sql("SELECT 1 -- one\n").checksum == Sql("SELECT\n  1").checksum != Sql("SELECT 2").checksum
    assert Sql("SELECT {{ a }}", {}).fill(a=Name("c")).checksum == Sql("SELECT `c`").checksum


def test_checksums_of_released_files_never_change() -> None:
    for path, checksum in RELEASED.items():
        kind, _, name = path.partition("/")
        assert collection(kind)[name].checksum == checksum, f"sql/{path}.sql was edited: put the change in a new file"


def test_headings_and_tables_of_every_node() -> None:
    migrations = collection("migrations")
    assert migrations["0001_events"].heading.startswith("grain: one event")
    found = {name for name, sql in migrations.items() if sql.is_everywhere}
    assert "0003_drops" in found
    assert "0001_events" not in found


def test_more_files_stand_beside_the_shipped(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "mine.sql").write_text("SELECT 1;\n")
    assert {"adbids", "events", "mine"} <= collection("sources", tmp_path).keys()
    assert collection("sources", tmp_path)["mine"].text == "SELECT 1"
