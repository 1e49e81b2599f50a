"""Rows of bookkeeping as text that the engine reads."""

from datetime import UTC, date, datetime, timedelta, timezone

from ads_pipeline.warehouse.rows import encode_rows


def test_each_value_has_the_spelling_that_the_engine_reads() -> None:
    moment = datetime(2026, 1, 2, 5, 4, 5, 67, tzinfo=timezone(timedelta(hours=2)))
    row = ['a "b"\nü', True, 7, date(2026, 1, 2), moment, [(1, 2), (3, 4)], (1 << 100) + 1, -5]
    assert encode_rows([row, [datetime(1970, 1, 1, tzinfo=UTC)]]).decode() == (
        '["a \\"b\\"\\nü",true,7,"2026-01-02","2026-01-02 03:04:05.000067",[[1,2],[3,4]],"1267650600228229401496703205377",-5]\n'
        '["1970-01-01 00:00:00.000000"]\n'
    )
