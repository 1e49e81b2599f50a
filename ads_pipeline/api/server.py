"""The HTTP server: uvicorn, several workers on one socket, with connections that are bounded (`connection`)."""

import resource
import socket
import sys
from pathlib import Path

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import ChangeReload, Multiprocess

from ads_pipeline.api.connection import BoundedProtocol
from ads_pipeline.errors import AdsError

BACKLOG = 1024
"""Connections that wait in the kernel to be accepted, at most: they wait for a moment when thousands a second come and leave."""

PATIENCE = 30
"""Seconds that a worker may take to start, or to answer its supervisor, before another takes its place. On a busy machine its imports alone
take longer than the 5 of uvicorn, so that none would ever start."""


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
        timeout_worker_healthcheck=PATIENCE, reload_dirs=[str(Path(__file__).parents[1])] if reload else None,
    )  # fmt: skip
    server = uvicorn.Server(config)
    try:
        if reload:
            ChangeReload(config, target=server.run, sockets=[listening]).run()
        elif workers > 1:
            supervisor = Multiprocess(config, sockets=[listening])
            supervisor.run()
            if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
                sys.exit(STARTUP_FAILURE)
        else:
            server.run(sockets=[listening])
    except KeyboardInterrupt:  # everything is sealed by now
        pass
    except SystemExit as error:
        raise AdsError("the service could not start: see the log above") from error
