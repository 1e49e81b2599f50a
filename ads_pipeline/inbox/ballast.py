"""Room on a disk that is set aside while there is some, and given up when the disk is full and events have to leave it."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

LARGEST = 16 << 20
"""Bytes set aside at most: drops are packed, so this lands some 100 MiB of events."""


class Ballast:
    """A file of the spool's folder that holds nothing; the sealers of a host share it."""

    def __init__(self, file: Path, size: int) -> None:
        self._file, self._size = file, min(size, LARGEST)

    def is_short(self) -> bool:
        """Whether the disk has less room than is set aside."""
        return shutil.disk_usage(self._file.parent).free < self._size

    def hold(self) -> None:
        """Set room aside, if there is plenty."""
        if self._file.exists() or shutil.disk_usage(self._file.parent).free < 8 * self._size:
            return
        try:
            handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(handle, 0, self._size)
            finally:
                os.close(handle)
        except OSError:
            self.release()

    def release(self) -> bool:
        """Give the room up; whether there was any."""
        with suppress(FileNotFoundError):
            self._file.unlink()
            return True
        return False
