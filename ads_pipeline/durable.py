"""Files and folders on disk for good: what has to be there after the power went."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """The bytes of a file, or the names of a folder, are on disk when this returns."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(path: Path) -> None:
    """Make a folder with those above it, each of them there for good."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        sync(folder.parent)
