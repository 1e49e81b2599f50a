"""Commands as processes forked from one that has imported the code: half of what a short command takes are its imports.

A command is a process of its own, with its own environment, folder and engine, as when a shell starts it. The engine is not
imported before the fork: it starts threads, which a fork does not copy.
"""

import atexit
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

READ_AT_START = ("LANG", "LC_", "LD_", "PYTHON", "TZ")
"""Beginnings of the names of variables that Python or the system read before a command runs."""


IMPORTED = (
    "clickhouse_connect",
    "rich.progress",
    "rich.table",
    "ads_pipeline.cli.common",
    "ads_pipeline.cli.tables",
    "ads_pipeline.pipeline.ingest",
    "ads_pipeline.pipeline.quality",
    "ads_pipeline.pipeline.query",
    "ads_pipeline.pipeline.status",
)
"""What commands import, besides the engine and what comes with it."""


class Forks:
    """The process that is forked, started when the first command runs."""

    def __init__(self) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._sending = threading.Lock()
        with theirs:
            command = [sys.executable, "-c", f"from tests.forked import main; main({theirs.fileno()})"]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], cwd=Path(__file__).parents[1])
        atexit.register(self.close)

    def run(self, command: Sequence[str], environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
        """Run a command and wait for its end."""
        request = json.dumps({"command": list(command), "environment": dict(environment), "folder": str(Path.cwd())})
        reading, writing = os.pipe()
        with TemporaryFile() as output, TemporaryFile() as errors, os.fdopen(reading, "rb") as ended:
            try:
                with self._sending:
                    socket.send_fds(self._channel, [request.encode()], [output.fileno(), errors.fileno(), writing])
            finally:
                os.close(writing)
            code = _result(ended)
            texts = [(file.seek(0), file.read().decode())[1].replace("\r\n", "\n") for file in (output, errors)]
        return subprocess.CompletedProcess(command, code, *texts)

    def close(self) -> None:
        """End the process; commands that run are not touched."""
        self._channel.close()
        self._process.wait()


def _result(told: BinaryIO) -> int:
    """The exit code, after the process's number; a command that is waited for no longer is killed, as by `subprocess.run`."""
    process = int(told.readline())
    try:
        return int(told.readline())
    except BaseException:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        raise


@cache
def _forks() -> Forks:
    return Forks()


def run_forked(command: Sequence[str], environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run an `ads` command and wait for its end; one whose environment Python reads as it starts is started anew."""
    if _at_start(environment) != _at_start(os.environ):
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return _forks().run(command, environment)


def _at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(READ_AT_START)}


def serve(channel: socket.socket) -> None:
    """Fork a process for each request, and one that waits for its end; returns in the process of a command, ready to run."""
    while True:
        message, handles, _, _ = socket.recv_fds(channel, 1 << 20, 3)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass  # those that have ended since
        if not message:
            sys.exit()
        if os.fork() == 0:
            break
        for handle in handles:
            os.close(handle)
    channel.close()
    output, errors, ended = handles
    if child := os.fork():
        os.write(ended, f"{child}\n".encode())
        _, status = os.waitpid(child, 0)
        os.write(ended, f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os._exit(0)
    request = json.loads(message)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    random.seed()
    sys.argv = request["command"]
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, handle in enumerate((nothing, output, errors)):
        os.dup2(handle, target)
    os.closerange(3, max(nothing, *handles) + 1)


def main(handle: int) -> None:
    """Run the commands that are asked for over a socket."""
    for module in IMPORTED:
        import_module(module)
    serve(socket.socket(fileno=handle))
    sys.exit(import_module("ads_pipeline.cli").main())
