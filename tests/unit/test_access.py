"""API keys, scopes, rate limits, and who is served without a key."""

import errno
import os
import re
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace

import pytest

from ads_pipeline.api import limits
from ads_pipeline.api.access import Access, check_exposure
from ads_pipeline.api.keys import SCOPES, make_key, read_keys
from ads_pipeline.api.limits import Rates, Strangers, network
from ads_pipeline.api.refusal import ProblemError
from ads_pipeline.errors import SettingsError
from ads_pipeline.settings import load_settings


def refusal(of: Access, key: str | None, scope: str) -> int:
    with pytest.raises(ProblemError) as problem:
        of.admit(of.find(key), scope)
    return problem.value.status


def test_an_entry_has_name_scopes_and_hash_and_not_the_key() -> None:
    key, entry = make_key("shop", ("write", "read-drops"))
    assert re.fullmatch(r"shop:write\+read-drops:[0-9a-f]{64}", entry)
    assert key not in entry
    assert make_key("shop", ("write",))[0] != key
    with pytest.raises(SettingsError, match="invalid name 'a b' for a key"):
        make_key("a b", ("write",))


@pytest.mark.parametrize("entry", ["shop", "shop:write", "shop:drop-tables:" + "0" * 64, "shop:write:" + "0" * 63])
def test_an_invalid_entry_is_refused_without_its_hash(entry: str) -> None:
    with pytest.raises(SettingsError, match="ADS_API_KEYS: entry 2 is not") as error:
        read_keys(load_settings(api_keys=f"{make_key('a', ('write',))[1]} {entry}"))
    assert "0000" not in str(error.value)


def test_a_key_is_admitted_to_its_scopes_only(tmp_path: Path) -> None:
    (writer, one), (reader, two) = make_key("shop", ("write",)), make_key("bi", ("read-drops", "read-analytics"))
    of = Access(load_settings(home=tmp_path, api_keys=f"{one},{two}"))
    assert of.admit(of.find(writer), "write").name == "shop"
    assert [of.admit(of.find(reader), scope).name for scope in ("read-drops", "read-analytics")] == ["bi", "bi"]
    assert (refusal(of, writer, "read-drops"), refusal(of, reader, "write")) == (403, 403)
    assert [refusal(of, key, "write") for key in (None, "", "guess", one.rpartition(":")[2])] == [401] * 4


def test_open_access_is_for_requests_without_a_key(tmp_path: Path) -> None:
    of = Access(load_settings(home=tmp_path, api_open="loopback"))
    assert [of.admit(of.find(None), scope).name for scope in SCOPES] == ["open"] * 3
    assert refusal(of, "guess", "write") == 401


def test_workers_share_the_rate_limit_of_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000_000.0]
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: now[0]))
    one, other = Rates(tmp_path / "rates", 2), Rates(tmp_path / "rates", 2)
    assert [one.take(1), other.take(1), one.take(1), other.take(1)] == [True, True, False, False]
    assert other.take(2)  # another key
    now[0] += 0.5
    assert [one.take(1), other.take(1)] == [True, False]
    now[0] += 100
    assert [one.take(1) for _ in range(3)] == [True, True, False]  # no more than a second's requests are saved up
    now[0] -= 3600  # a clock that was set back takes nothing away
    assert not one.take(1)


def take_for_a_second(file: Path) -> int:
    """How many requests of a caller far below its limits were refused."""
    rates, end, refused = Rates(file, 10**6, 10**9, 10**9), time.monotonic() + 1, 0
    while time.monotonic() < end:
        refused += not rates.take(1)
        rates.charge(1, 1, 1)
    return refused


def test_a_worker_never_sees_a_bucket_that_another_is_writing(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2, get_context("spawn")) as workers:
        assert list(workers.map(take_for_a_second, [tmp_path / "rates"] * 2)) == [0, 0]


def test_a_full_disk_leaves_each_worker_its_own_rates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", no_room)
    one, other = Rates(tmp_path / "rates", 1), Rates(tmp_path / "rates", 1)
    assert [one.take(1), other.take(1), one.take(1), other.take(1)] == [True, True, False, False]


def test_bytes_and_events_are_owed_and_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000_000.0]
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: now[0]))
    for charge in ((3000, 0), (0, 30)):
        rates = Rates(tmp_path / f"rates{charge}", 100, 1000, 10)
        assert rates.take(1)
        rates.charge(1, *charge)
        assert (rates.take(1), rates.take(2)) == (False, True)
        now[0] += 1.5
        assert not rates.take(1)  # it owes two seconds
        now[0] += 1
        assert rates.take(1)


def test_strangers_are_limited_by_address() -> None:
    strangers = Strangers(2)
    assert [strangers.take("192.0.2.1") for _ in range(7)] == [True] * 6 + [False]
    assert strangers.take("192.0.2.2")
    assert network("192.0.2.1") != network("192.0.2.2")
    assert network("2001:db8::1") == network("2001:db8::2") == "2001:db8::/64"


def test_the_service_is_exposed_only_as_the_settings_say() -> None:
    key = make_key("a", ("write",))[1]
    check_exposure(load_settings(api_keys=key), "0.0.0.0")
    for host in ("127.0.0.1", "::1", "localhost"):
        check_exposure(load_settings(api_open="loopback"), host)
    check_exposure(load_settings(api_open="anywhere"), "0.0.0.0")
    with pytest.raises(SettingsError, match="there are no API keys"):
        check_exposure(load_settings(), "127.0.0.1")
    with pytest.raises(SettingsError, match=r"0\.0\.0\.0 is not one"):
        check_exposure(load_settings(api_open="loopback"), "0.0.0.0")
    with pytest.raises(SettingsError, match=r"example\.org is not one"):
        check_exposure(load_settings(api_open="loopback", api_keys=key), "example.org")
