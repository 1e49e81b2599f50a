"""The HTTP server: uvicorn, several workers on one socket, with connections that are bounded (`connection`)."""

import pickle
import resource
import socket
import sys
import time
from pathlib import Path

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import ChangeReload, Multiprocess
from uvicorn.supervisors.multiprocess import Process

from ads_pipeline.api.connection import BoundedProtocol
from ads_pipeline.errors import AdsError

BACKLOG = 1024
"""Connections that wait in the kernel to be accepted, at most: they wait for a moment when thousands a second come and leave."""

PATIENCE = 60
"""Seconds that a worker may take to start, or to answer its supervisor, before another takes its place. On a busy machine its imports alone
take longer than the 5 of uvicorn, so that none would ever start."""


class Workers(Multiprocess):
    """Replaces workers that die or do not answer, and waits for none: while it waits for an answer, uvicorn alone hears no signal."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket]) -> None:
        super().__init__(config, sockets)
        self._asked: dict[Process, float] = {}

    def keep_subprocess_alive(self) -> None:
        """Replace those that have ended or been silent for too long."""
        for place, process in enumerate(self.processes):
            if process.process.is_alive() and self._answers(process):
                continue
            process.kill()
            process.join()
            self._asked.pop(process, None)
            if process.exitcode == STARTUP_FAILURE:
                self.should_exit.set()
                return
            self.processes[place] = Process(self.config, self.sockets)
            self.processes[place].start()

    def _answers(self, process: Process) -> bool:
        """Whether a worker has answered, or may still; it is asked again when it has."""
        try:
            if process not in self._asked:
                process.parent_conn.send(b"ping")
                self._asked[process] = time.monotonic()
            elif process.parent_conn.poll(0):
                process.parent_conn.recv()
                del self._asked[process]
        except (OSError, EOFError, pickle.UnpicklingError):
            return False
        return time.monotonic() - self._asked.get(process, time.monotonic()) < PATIENCE


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; taken before the service touches any file of a service that has the port already.

    Raises:
        AdsError: the port is taken, or the address is not one of this machine.
    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=BACKLOG)
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]
        raise AdsError(f"cannot listen on port {port} of {host} ({reason}): stop what uses it, or choose another --port") from None


def run(listening: socket.socket, workers: int, *, reload: bool) -> None:
    """Serve until told to stop; returns when everything accepted is sealed.

    Raises:
        AdsError: the service did not start.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # each connection is a file
    config = uvicorn.Config(
        "ads_pipeline.api.app:create_app", factory=True, http=BoundedProtocol, ws="none", workers=workers, reload=reload, access_log=False,
        loop="ads_pipeline.api.accepting:GuardedLoop", log_level="warning", server_header=False, timeout_graceful_shutdown=30,
        reload_dirs=[str(Path(__file__).parents[1])] if reload else None,
    )  # fmt: skip
    server = uvicorn.Server(config)
    try:
        if reload:
            ChangeReload(config, target=server.run, sockets=[listening]).run()
        elif workers > 1:
            supervisor = Workers(config, sockets=[listening])
            supervisor.run()
            if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
                sys.exit(STARTUP_FAILURE)
        else:
            server.run(sockets=[listening])
    except KeyboardInterrupt:  # everything is sealed by now
        pass
    except SystemExit as error:
        raise AdsError("the service could not start: see the log above") from error
