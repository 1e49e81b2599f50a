"""How much memory a statement may use, by default and beside what its user may."""

from pathlib import Path

import pytest

from ads_pipeline.errors import SettingsError
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.memory import machine_memory, memory_settings, statement_memory


def test_the_memory_of_the_machine_is_that_of_its_container_if_that_has_less(tmp_path: Path) -> None:
    whole = machine_memory(tmp_path)
    for folder, name in ((tmp_path, "memory.max"), (tmp_path / "memory", "memory.limit_in_bytes")):
        folder.mkdir(exist_ok=True)
        (folder / name).write_text("300000000\n")
    assert machine_memory(tmp_path) == 300_000_000 < whole
    for folder, name in ((tmp_path, "memory.max"), (tmp_path / "memory", "memory.limit_in_bytes")):
        (folder / name).write_text("max\n")
    assert machine_memory(tmp_path) == whole


def test_half_of_the_machine_is_used_by_the_embedded_engine_alone() -> None:
    assert statement_memory(load_settings()) == machine_memory() // 2
    assert statement_memory(load_settings(memory="1G")) == 1 << 30
    assert statement_memory(load_settings(clickhouse_dsn="clickhouse://h")) == 0
    assert statement_memory(load_settings(clickhouse_dsn="clickhouse://h", memory="1G")) == 1 << 30


def test_the_limit_of_a_user_is_not_exceeded() -> None:
    assert memory_settings(1 << 30, 0)["max_memory_usage"] == 1 << 30
    assert memory_settings(1 << 30, 1 << 29)["max_memory_usage"] == 1 << 29
    assert memory_settings(1 << 30, 1 << 32)["max_bytes_before_external_sort"] == 1 << 28


def test_a_memory_that_suffices_for_nothing_is_refused() -> None:
    with pytest.raises(SettingsError, match="ADS_MEMORY is '100M': too little"):
        load_settings(memory="100M")
