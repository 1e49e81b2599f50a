"""Entries of API keys: what they are bound to, and the file that holds them."""

import datetime
from pathlib import Path

import pytest

from ads_pipeline.api import access
from ads_pipeline.api.access import Access
from ads_pipeline.api.keys import add_entry, make_key, parse_entry, read_file, read_keys, revoke
from ads_pipeline.errors import SettingsError
from ads_pipeline.settings import load_settings


def test_an_entry_holds_what_a_key_is_bound_to() -> None:
    _, entry = make_key(
        "a",
        ("write", "read-analytics"),
        until="2026-12-31",
        source="shop",
        only=("campaign_id=a:b, c", "campaign_id=ü", "country="),
        events="7",
    )
    assert not set(entry) & {" ", ","}
    found = parse_entry(entry)
    assert (found.until, found.source, found.events, found.size) == (datetime.date(2026, 12, 31), "shop", 7, 0)
    assert found.only == {"campaign_id": ("a:b, c", "ü"), "country": ("",)}


@pytest.mark.parametrize(
    "bounds",
    [
        ":until=soon",
        ":until=2026-02-30",
        ":source=a/b",
        ":source=a:source=b",
        ":only=country",
        ":events=-1",
        ":events=0",
        ":colour=red",
        ":x",
    ],
)
def test_a_bound_that_is_none_is_refused(bounds: str) -> None:
    with pytest.raises(SettingsError):
        parse_entry(f"a:write:{'0' * 64}{bounds}")


@pytest.mark.parametrize(
    ("scopes", "bounds"),
    [(("read-drops",), {"only": ("country=DE",)}), (("write", "read-analytics"), {"source": "shop"})],
    ids=["drops", "rollups"],
)
def test_no_scope_goes_round_a_bound(scopes: tuple[str, ...], bounds: dict[str, str | tuple[str, ...]]) -> None:
    with pytest.raises(SettingsError, match="binds 'a' to"):
        make_key("a", scopes, **bounds)


def test_a_file_of_keys_keeps_its_place_and_what_else_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    entries = {name: make_key(name, ("write",))[1] for name in ("a", "b", "c", "aa")}
    path.write_text(f"# ours\n{entries['a']}")  # no line feed at the end
    add_entry(path, entries["b"])
    with path.open("a") as file:
        file.write(f"{entries['c']} {entries['a']}, {entries['aa']}\n")
    inode, size = path.stat().st_ino, path.stat().st_size
    assert [key.name for key in read_file(path)] == ["a", "b", "c", "a", "aa"]
    assert (revoke(path, "a"), revoke(path, "a"), revoke(path, "none")) == (2, 0, 0)
    assert [key.name for key in read_file(path)] == ["b", "c", "aa"]
    assert (path.stat().st_ino, path.stat().st_size) == (inode, size)
    assert path.read_text().startswith("# ours\n# a was revoked on ")
    add_entry(tmp_path / "new", entries["a"])
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600


def test_a_change_of_the_file_is_followed_and_one_that_is_wrong_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "LOOK_SECONDS", 0)
    path = tmp_path / "keys"
    (first, one), (second, two) = make_key("a", ("write",)), make_key("b", ("write",))
    add_entry(path, one)
    of = Access(load_settings(home=tmp_path, api_keys=two, api_keys_file=path))
    assert (of.find(second), of.find(first)) == of.callers
    revoke(path, "a")
    assert (of.find(first), len(of.callers)) == (None, 1)
    add_entry(path, one)
    add_entry(path, "nonsense")
    assert of.find(first) is None
    assert of.find(second) is not None
    path.write_text(one)
    assert of.find(first) is not None
    path.unlink()
    assert of.find(first) is not None  # whoever moves a file does not lock everybody out


def test_an_unreadable_file_is_an_error_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"ADS_API_KEYS_FILE is .* cannot be read"):
        read_keys(load_settings(api_keys_file=tmp_path / "none"))
