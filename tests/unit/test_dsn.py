"""The DSN of a server: hosts, ports, TLS, passwords and options."""

import pytest

from ads_pipeline.errors import SettingsError
from ads_pipeline.warehouse.dsn import parse_dsn


@pytest.mark.parametrize(
    ("dsn", "shown"),
    [
        ("clickhouse://", ["http://localhost:8123"]),
        ("clickhouse://u:p%40ss@h:9/db", ["http://h:9"]),
        ("clickhouse://h1,h2:8124/db", ["http://h1:8123", "http://h2:8124"]),
        ("clickhouses://u@h", ["https://h:8443"]),
        ("https://u@h:443", ["https://h:443"]),
        ("clickhouse://h:8443", ["https://h:8443"]),
        ("clickhouse://h?secure=true", ["https://h:8443"]),
        ("clickhouse://u:p@[::1]:8123", ["http://[::1]:8123"]),
    ],
)
def test_a_dsn_names_servers(dsn: str, shown: list[str]) -> None:
    found = parse_dsn(dsn)
    assert [str(address) for address in found] == shown
    assert "p@ss" not in repr(found)
    if "%40" in dsn:
        assert (found[0].user, found[0].password) == ("u", "p@ss")


@pytest.mark.parametrize(
    ("dsn", "told"),
    [
        ("clickhouse://h:none", "invalid port in ADS_CLICKHOUSE_DSN; write host:8123"),
        ("clickhouse://h?timeout=3", "unknown option 'timeout' in ADS_CLICKHOUSE_DSN; supported: "),
    ],
)
def test_a_wrong_dsn_is_refused(dsn: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        parse_dsn(dsn)


def test_options_go_to_the_driver_and_to_every_host() -> None:
    found = parse_dsn("clickhouse://u:p@h1,h2:9/db?connect_timeout=3&verify=false&secure=1")
    assert [address.options for address in found] == [{"connect_timeout": "3", "verify": "false"}] * 2
    assert [(address.port, address.secure) for address in found] == [(8443, True), (9, True)]
