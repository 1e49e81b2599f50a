"""What a disk may hold after the power went: the recorded calls of a run, replayed up to a cut, without what was never synced.

The calls come from `recorder.c`. A file is what was in it when it was last synced; writes after that may be lost, or be there in
part. A folder's names are a list of changes; those after its last sync may be lost. Which of them are is a *loss*:

- `emptied`: every name is there, of unsynced data only the length cut (truncation) has happened: what ext4 and XFS leave
- `zeroed`: every name is there, every file has its length, unsynced data are zeros
- `torn`: every name is there, unsynced data end anywhere, are zeros, or are there (by a seeded choice for each file)
- `ordered`: changes of names end anywhere between the last sync of anything and the cut, in the order in which they were made, as
  journals of file systems keep them; data as in `torn`
- `unnamed`: a folder that was not synced itself has lost every change of its names since; what POSIX would allow, and no data else
- `mixed`: each folder by itself keeps its unsynced changes up to anywhere; data as in `torn`
"""

import os
import random
import shutil
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

_HEAD = struct.Struct("=cQQII")
EXCHANGE = 2

Loss = Literal["nothing", "emptied", "zeroed", "torn", "ordered", "unnamed", "mixed"]


@dataclass(frozen=True)
class Call:
    """One recorded call."""

    what: bytes
    inode: int
    number: int
    one: bytes
    other: bytes


def read_calls(recording: Path) -> list[Call]:
    """All calls of a recording, in order."""

    def calls() -> Iterator[Call]:
        data, at = recording.read_bytes(), 0
        while at < len(data):
            what, inode, number, one, other = _HEAD.unpack_from(data, at)
            at += _HEAD.size
            yield Call(what, inode, number, data[at : at + one], data[at + one : at + one + other])
            at += one + other

    return list(calls())


@dataclass
class File:
    """A file's bytes now and when it was last synced."""

    data: bytearray = field(default_factory=bytearray)
    synced: bytes = b""
    shortest: int = 0

    def write(self, at: int, data: bytes) -> None:
        self.data[len(self.data) : at] = bytes(max(0, at - len(self.data)))
        self.data[at : at + len(data)] = data

    def truncate(self, size: int) -> None:
        del self.data[size:]
        self.shortest = min(self.shortest, size)

    def sync(self) -> None:
        self.synced, self.shortest = bytes(self.data), len(self.data)

    @property
    def emptied(self) -> bytes:
        return self.synced[: self.shortest]


@dataclass
class Folder:
    """A folder's changes of names, each with the number of its call; None for a name that went. The first `synced` are on disk."""

    changes: list[tuple[int, str, "Node | None"]] = field(default_factory=list)
    synced: int = 0

    def names(self, count: int | None = None) -> "dict[str, Node]":
        found: dict[str, Node | None] = {}
        for _, name, node in self.changes[:count]:
            found[name] = node
        return {name: node for name, node in found.items() if node is not None}


@dataclass
class Link:
    """A symbolic link."""

    target: str


Node = File | Folder | Link


class Disk:
    """The state of a recorded folder after a number of calls, everything of it still there."""

    def __init__(self, root: Path) -> None:
        self._root = f"{root}/"
        self.top = Folder()
        self._inodes: dict[int, Node] = {}
        self.clock = self.committed = 0

    def play(self, call: Call) -> None:
        """Take in one call more."""
        self.clock += 1
        path, other = call.one.decode(errors="replace"), call.other.decode(errors="replace")
        match call.what:
            case b"c" | b"d" | b"s":
                node: Node = File() if call.what == b"c" else Folder() if call.what == b"d" else Link(other)
                self._inodes[call.inode] = node
                self._set(path, node)
            case b"l":
                self._set(other, self._find(path))
            case b"u":
                self._set(path, None)
            case b"r":
                moved, replaced = self._find(path), self._find(other)
                self._set(other, moved)
                self._set(path, replaced if call.number & EXCHANGE else None)
            case b"w":
                self._file(call).write(call.number, call.one)
            case b"t":
                self._file(call).truncate(call.number)
            case b"f":
                self._sync(self._inodes.get(call.inode, self.top))

    def _sync(self, node: Node) -> None:
        self.committed = self.clock
        if isinstance(node, File):
            node.sync()
        elif isinstance(node, Folder):
            node.synced = len(node.changes)

    def _file(self, call: Call) -> File:
        node = self._inodes[call.inode]
        assert isinstance(node, File)
        return node

    def _place(self, path: str) -> tuple[Folder, str]:
        *parents, name = [part for part in path.removeprefix(self._root).split("/") if part not in ("", ".")]
        folder = self.top
        for parent in parents:
            found = folder.names()[parent]
            while isinstance(found, Link):
                raise NotImplementedError(f"{path} goes through a link")
            assert isinstance(found, Folder), path
            folder = found
        return folder, name

    def _find(self, path: str) -> Node | None:
        folder, name = self._place(path)
        return folder.names().get(name)

    def _set(self, path: str, node: Node | None) -> None:
        folder, name = self._place(path)
        folder.changes.append((self.clock, name, node))

    def after(self, loss: Loss, rng: random.Random, target: Path) -> None:
        """Write down what is left after a loss, as a folder."""
        shutil.rmtree(target, ignore_errors=True)
        kept = self._kept(loss, rng)
        ending = _DATA["torn" if loss in ("ordered", "mixed") else "kept" if loss in ("nothing", "unnamed") else loss]

        def write(folder: Folder, path: Path) -> None:
            path.mkdir()
            for name, node in folder.names(kept(folder)).items():
                if isinstance(node, Folder):
                    write(node, path / name)
                elif isinstance(node, Link):
                    (path / name).symlink_to(node.target)
                elif id(node) in written:
                    os.link(written[id(node)], path / name)
                else:
                    (path / name).write_bytes(ending(node, rng))
                    written[id(node)] = path / name

        written: dict[int, Path] = {}
        write(self.top, target)

    def _kept(self, loss: Loss, rng: random.Random) -> Callable[[Folder], int]:
        """How many of a folder's changes are there."""
        if loss == "unnamed":
            return lambda folder: folder.synced
        if loss == "mixed":
            return lambda folder: rng.randint(folder.synced, len(folder.changes))
        last = rng.randint(self.committed, self.clock) if loss == "ordered" else self.clock
        return lambda folder: sum(when <= last for when, _, _ in folder.changes)


def _torn(file: File, rng: random.Random) -> bytes:
    now, old = bytes(file.data), file.emptied
    if now == file.synced:
        return now
    cut = now[: rng.randint(min(len(old), len(now)), len(now))]
    return rng.choice([old, file.synced, cut, cut + bytes(len(now) - len(cut)), now])


_DATA: dict[str, Callable[[File, random.Random], bytes]] = {
    "kept": lambda file, rng: bytes(file.data),
    "emptied": lambda file, rng: file.emptied,
    "zeroed": lambda file, rng: file.emptied + bytes(max(0, len(file.data) - len(file.emptied))),
    "torn": _torn,
}
