"""SQL files, their parts and their checksums."""

import pytest

from ads_pipeline.errors import UsageError
from ads_pipeline.warehouse.statements import Name, Names, Sql, collection


def test_names_are_checked_and_quoted() -> None:
    assert str(Names(("a", "b_1"))) == "`a`, `b_1`"
    for bad in ("a b", "a`", "1a", "", "a;drop"):
        with pytest.raises(UsageError):
            Name(bad)


def test_every_part_has_to_be_filled() -> None:
    sql = Sql("SELECT {{ a }} FROM {{ t }} WHERE x = {x:UInt8}")
    assert sql.fill(a=Name("c"), t=Name("t")).text == "SELECT `c` FROM `t` WHERE x = {x:UInt8}"
    with pytest.raises(ValueError, match="parts wanted"):
        sql.fill(a=Name("c"))


def test_a_checksum_is_of_what_the_engine_reads() -> None:
    assert Sql("SELECT 1 -- one\n").checksum == Sql("SELECT\n  1").checksum != Sql("SELECT 2").checksum


def test_more_files_stand_beside_the_shipped(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path)) / "sources"
    folder.mkdir()
    (folder / "mine.sql").write_text("SELECT 1;\n")
    assert list(collection("sources", folder.parent)) == ["adbids", "events", "mine"]
    assert collection("sources", folder.parent)["mine"].text == "SELECT 1"
