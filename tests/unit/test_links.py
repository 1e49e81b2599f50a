"""A landing folder's links are followed below it and nowhere else, and what is left out is said; nothing but files is ever opened."""

import logging
import os
import socket
from pathlib import Path

import pytest

from ads_pipeline.errors import DropError, LandingError
from ads_pipeline.landing import FolderStore


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """A landing folder beside a file and a folder that it must not show."""
    for name in ("landing/web/dt=2026-11-01/a.ndjson", "landing/.kept/b.ndjson", "other/c.ndjson", "secret.ndjson"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"from": "' + name + '"}\n')
    return tmp_path / "landing"


def names(store: FolderStore) -> list[str]:
    return [drop.name for drop in store.list()]


def content(store: FolderStore, name: str) -> bytes:
    drop = store.find(name)
    assert drop
    return b"".join(store.read(drop, 0, drop.size))


def test_links_to_what_lies_below_the_landing_folder_are_followed(landing: Path, caplog: pytest.LogCaptureFixture) -> None:
    (landing / "today.ndjson").symlink_to("web/dt=2026-11-01/a.ndjson")
    (landing / "app").symlink_to(landing / "web")
    (landing / "events").symlink_to(".kept")
    store = FolderStore(landing)
    listed = ["app/dt=2026-11-01/a.ndjson", "events/b.ndjson", "today.ndjson", "web/dt=2026-11-01/a.ndjson"]
    with caplog.at_level(logging.WARNING):
        assert names(store) == listed
    assert not caplog.records
    for after in listed:
        assert [drop.name for drop in store.list(after)] == [name for name in listed if name > after]
    assert content(store, "app/dt=2026-11-01/a.ndjson") == (landing / "web/dt=2026-11-01/a.ndjson").read_bytes()
    drops = list(store.list())
    assert {str(path) for path in store.fetch(drops, landing).values()} == {
        str(landing / ".kept/b.ndjson"),
        str(landing / "web/dt=2026-11-01/a.ndjson"),
    }
    assert all(store.is_current(drop) for drop in drops)


def test_a_landing_folder_may_itself_be_a_link(landing: Path) -> None:
    (landing / "today.ndjson").symlink_to(landing / "web/dt=2026-11-01/a.ndjson")
    (landing.parent / "link").symlink_to(landing)
    assert names(FolderStore(landing.parent / "link")) == ["today.ndjson", "web/dt=2026-11-01/a.ndjson"]


@pytest.mark.parametrize(
    ("link", "target", "reason"),
    [
        ("x.ndjson", "/etc/passwd", "x.ndjson is a link to /etc/passwd, outside the landing folder"),
        ("x.ndjson", "../secret.ndjson", "secret.ndjson, outside the landing folder"),
        ("events", "../other", "other, outside the landing folder"),
        ("x.ndjson", "../landing-2/a.ndjson", "landing-2/a.ndjson, outside the landing folder"),
        ("x.ndjson", "none", "x.ndjson is a link that leads nowhere (No such file or directory)"),
        ("x.ndjson", "x.ndjson", "x.ndjson is a link that leads nowhere (Too many levels of symbolic links)"),
        ("web/loop", "..", "web/loop is a link to a folder that it lies in"),
        ("web/self", ".", "web/self is a link to a folder that it lies in"),
        ("x.ndjson", "/dev/zero", "x.ndjson is a link to /dev/zero, outside the landing folder"),
    ],
)
def test_other_links_are_left_out_and_said(landing: Path, caplog: pytest.LogCaptureFixture, link: str, target: str, reason: str) -> None:
    (landing.parent / "landing-2").mkdir()
    (landing.parent / "landing-2/a.ndjson").write_text("{}\n")
    (landing / link).symlink_to(target)
    store = FolderStore(landing)
    with caplog.at_level(logging.WARNING):
        assert names(store) == ["web/dt=2026-11-01/a.ndjson"]
    assert reason in caplog.text
    assert "1 links or special files are left out" in caplog.text
    assert reason in store.left_out()
    for name in (link, f"{link}/c.ndjson", f"{link}/dt=2026-11-01/a.ndjson"):
        assert store.find(name) is None
    with pytest.raises(LandingError, match="cannot be landed"):
        store.put(f"{link}/new.ndjson", landing.parent / "secret.ndjson")
    assert not list(landing.parent.rglob("new.ndjson"))


def test_links_among_folders_end(landing: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in "pqr":
        (landing / name).mkdir()
        (landing / name / "a.ndjson").write_text("{}\n")
    for name in "pqr":
        for other in "pqr":
            (landing / name / f"to_{other}").symlink_to(f"../{other}")
    with caplog.at_level(logging.WARNING):
        found = names(FolderStore(landing))
    assert [name for name in found if name.startswith("p")] == ["p/a.ndjson", "p/to_q/a.ndjson", "p/to_r/a.ndjson"]
    assert "p/to_q/to_r is a link to a folder, within a linked folder" in FolderStore(landing).left_out() + caplog.text


def test_what_is_no_file_is_left_out_and_never_opened(landing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(landing / "web/fifo.ndjson")  # opening it would wait for ever
    (landing / "linked.ndjson").symlink_to("web/fifo.ndjson")
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(landing)  # the path of a socket is short
        listening.bind("s.ndjson")
    store = FolderStore(landing)
    assert names(store) == ["web/dt=2026-11-01/a.ndjson"]
    for name in ("web/fifo.ndjson", "linked.ndjson", "s.ndjson"):
        assert f"{name} is neither a file nor a folder" in store.left_out()
        assert store.find(name) is None


@pytest.mark.parametrize("becomes", ["link", "folder link", "fifo", "moved away and back"])
def test_what_is_put_in_the_place_of_a_listed_file_is_not_read(landing: Path, becomes: str) -> None:
    store, file = FolderStore(landing), landing / "web/dt=2026-11-01/a.ndjson"
    (drop,) = store.list()
    assert store.fetch([drop], landing) == {drop.name: file}
    aside = landing.parent / "aside"
    if becomes == "folder link":
        (landing / "web").rename(aside)
        (landing / "web").symlink_to(aside)
    else:
        file.rename(aside)
    if becomes == "link":
        file.symlink_to(aside)
    elif becomes == "fifo":
        os.mkfifo(file)
    elif becomes == "moved away and back":
        aside.rename(file)
    assert not store.is_current(drop), "what was read may have been something else"
    if becomes != "moved away and back":
        with pytest.raises(DropError):
            b"".join(store.read(drop, 0, drop.size))
        found = store.fetch([drop], landing)[drop.name]
        assert isinstance(found, DropError)
        assert "ads drops retry" in str(found)


@pytest.mark.parametrize("place", ["web", "web/dt=2026-11-01", "web/dt=2026-11-01/a.ndjson"])
def test_a_link_that_appears_after_the_look_and_before_the_opening_is_not_followed(
    landing: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    store = FolderStore(landing)
    (drop,) = store.list()
    found = store.tree.find(drop.name)
    aside = landing.parent / "aside"
    (landing / place).rename(aside)
    (landing / place).symlink_to(aside)
    monkeypatch.setattr(store.tree, "find", lambda _: found)
    assert isinstance(store.fetch([drop], landing)[drop.name], DropError)
    assert not store.is_current(drop)


def test_a_drop_is_not_written_through_a_link(landing: Path) -> None:
    (landing / "web/.new.ndjson.unfinished").symlink_to(landing.parent / "secret.ndjson")
    before = (landing.parent / "secret.ndjson").read_bytes()
    FolderStore(landing).put("web/new.ndjson", landing / "web/dt=2026-11-01/a.ndjson")
    assert (landing.parent / "secret.ndjson").read_bytes() == before
    assert not (landing / "web/new.ndjson").is_symlink()
