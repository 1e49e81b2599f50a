"""A command on a terminal of a given width."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
from pathlib import Path

from tests.commands import ADS, environment_of


def on_terminal(home: Path, *arguments: str, columns: int, unset: tuple[str, ...] = ("COLUMNS", "NO_COLOR"), **variables: str) -> str:
    """What the command writes on a terminal (standard output alone)."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {name: value for name, value in environment_of(home).items() if name not in unset}
    with subprocess.Popen(
        [ADS, *arguments], env=environment | {"TERM": "xterm-256color"} | variables, stdout=theirs, stderr=subprocess.PIPE
    ) as process:
        os.close(theirs)
        pieces = []
        while True:
            try:
                piece = os.read(ours, 1 << 16)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            pieces.append(piece)
        _, errors = process.communicate()
    os.close(ours)
    assert b"Traceback" not in errors, errors
    return b"".join(pieces).decode().replace("\r\n", "\n")
