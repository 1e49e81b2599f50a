"""An answer written to a file as the engine makes it: the same bytes in every format, and an error whatever stops it."""

import tempfile
from itertools import product
from pathlib import Path

import pytest

from ads_pipeline.errors import EngineError
from ads_pipeline.warehouse.statements import Sql
from tests.engine.conftest import Home

pytestmark = pytest.mark.each_engine

FORMATS = ["JSONEachRow", "CSVWithNames", "Parquet", "ArrowStream"]
MANY = "SELECT number, toString(number) AS text FROM numbers(400000)"
FEW = "SELECT number FROM numbers({most:UInt8})"


def test_what_is_written_is_the_engines_output(home: Home) -> None:
    for form, (sql, parameters) in product(FORMATS, ((MANY, {}), (FEW, {"most": 3}), (FEW, {"most": 0}))):
        with tempfile.TemporaryFile() as file:
            home.warehouse.write(Sql(sql), form, file, **parameters)
            file.seek(0)
            assert file.read() == home.warehouse.raw(Sql(sql), form, **parameters), form


def test_an_error_in_its_middle_is_raised(home: Home) -> None:
    late = "throwIf(number = 399999, 'too late') AS number"
    failing = f"SELECT {late}, 'of another' AS text FROM numbers(400000) SETTINGS max_block_size = 1000"
    for form in FORMATS:
        with tempfile.TemporaryFile() as file:
            with pytest.raises(EngineError, match="too late"):
                home.warehouse.write(Sql(failing), form, file)
            home.warehouse.write(Sql("SELECT 42 AS number"), "JSONEachRow", file)
            assert file.seek(0, 2), form
        assert b"of another" not in home.warehouse.raw(Sql("SELECT 42 AS number"), form)


def test_too_many_rows_are_an_error(home: Home) -> None:
    limits = "SETTINGS max_result_rows = 399999, result_overflow_mode = 'throw'"
    with tempfile.TemporaryFile() as file, pytest.raises(EngineError) as found:
        home.warehouse.write(Sql(f"{MANY} {limits}"), "JSONEachRow", file)
    assert found.value.code == 396


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_is_an_error(home: Home) -> None:
    for form in FORMATS:
        with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(OSError, match="No space left"):
            home.warehouse.write(Sql(MANY), form, full)
        assert home.warehouse.value(Sql("SELECT 42")) == 42, form
