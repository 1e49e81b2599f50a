"""The guard of unit tests bites: each way to open an engine fails the test that takes it."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

GUARD = Path(__file__).with_name("conftest.py")
THREAD = "import threading\n    thread = threading.Thread(target=attempt)\n    thread.start()\n    thread.join()"
ATTEMPTS = {
    "embedded": "from ads_pipeline.warehouse.opening import open_warehouse\n    open_warehouse(load_settings(home=tmp_path), write=True)",
    "server": (
        "from ads_pipeline.warehouse.opening import open_warehouse\n"
        "    open_warehouse(load_settings(home=tmp_path, clickhouse_dsn='clickhouse://ads@127.0.0.1:9'))"
    ),
    "driver": "import clickhouse_connect\n    clickhouse_connect.get_client(host='127.0.0.1', port=9)",
    "chdb": "import chdb\n    chdb.query('SELECT 1')",
    "process": "import subprocess\n    subprocess.run(['ads', 'init'], check=False)",
}
WAYS = {
    "plainly": "attempt()",
    "swallowed": "from contextlib import suppress\n    with suppress(BaseException):\n        attempt()",
    "in a thread": THREAD,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_unit_test_that_opens_an_engine_fails(pytester: pytest.Pytester, attempt: str, way: str) -> None:
    pytester.makeconftest(GUARD.read_text())
    text = f"def test_it(tmp_path):\n    def attempt():\n        {ATTEMPTS[attempt].replace(chr(10), chr(10) + '    ')}\n    {WAYS[way]}\n"
    pytester.makepyfile(f"from ads_pipeline.settings import load_settings\n\n{text}")
    outcome = pytester.runpytest_inprocess("-p", "no:xdist", "-p", "no:cacheprovider")
    counts = outcome.parseoutcomes()
    assert counts.get("failed", 0) + counts.get("errors", 0) >= 1
    assert "opens no engine and starts no process" in outcome.stdout.str()


def test_one_that_opens_none_passes(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(GUARD.read_text())
    pytester.makepyfile("def test_it():\n    import ads_pipeline.warehouse.opening")
    pytester.runpytest_inprocess("-p", "no:xdist", "-p", "no:cacheprovider").assert_outcomes(passed=1)
