"""Real ClickHouse servers on loopback, for tests and benchmarks, from the binary in `CLICKHOUSE_BINARY` or on the PATH."""

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

USER, PASSWORD = "ads", "p@ss/w:rd%20"
START_SECONDS = 60

# A small machine runs several of these: few threads, small caches, and of the system's logs only that of the queries.
CONFIG = """<clickhouse>
  <logger><level>warning</level><log>{folder}/server.log</log><errorlog>{folder}/errors.log</errorlog></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>{http}</http_port><tcp_port>{tcp}</tcp_port><interserver_http_port>{interserver}</interserver_http_port>
  <interserver_http_host>127.0.0.1</interserver_http_host>
  <path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path><user_files_path>{folder}/files/</user_files_path>
  <mark_cache_size>67108864</mark_cache_size><uncompressed_cache_size>0</uncompressed_cache_size>
  <background_schedule_pool_size>16</background_schedule_pool_size>
  <query_log>
    <database>system</database><table>query_log</table><flush_interval_milliseconds>1000</flush_interval_milliseconds>
  </query_log>
  <user_directories>
    <users_xml><path>{folder}/users.xml</path></users_xml><local_directory><path>{folder}/access/</path></local_directory>
  </user_directories>
  <named_collections_storage><type>local</type><path>{folder}/collections/</path></named_collections_storage>
  {more}
</clickhouse>
"""

USERS = """<clickhouse>
  <profiles><default/></profiles><quotas><default/></quotas>
  <users><ads>
    <password>{password}</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
    <access_management>1</access_management><named_collection_control>1</named_collection_control>
    <show_named_collections>1</show_named_collections><show_named_collections_secrets>1</show_named_collections_secrets>
  </ads></users>
</clickhouse>
"""


def find_binary() -> Path | None:
    """The ClickHouse binary, or None."""
    found = os.environ.get("CLICKHOUSE_BINARY") or shutil.which("clickhouse")
    return Path(found) if found and Path(found).exists() else None


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, below those that outgoing connections take."""
    found: set[int] = set()
    while len(found) < count:
        port = random.SystemRandom().randrange(10_000, 30_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                found.add(port)
    return list(found)


class Server:
    """A server in a folder of its own; started when it is made."""

    def __init__(self, folder: Path, more: str = "", ports: Sequence[int] = ()) -> None:
        binary = find_binary()
        assert binary
        self.binary, self.folder = binary, folder
        self.http, self.tcp, interserver = ports or free_ports(3)
        folder.mkdir(parents=True, exist_ok=True)
        config = CONFIG.format(folder=folder, http=self.http, tcp=self.tcp, interserver=interserver, more=more)
        (folder / "config.xml").write_text(config)
        (folder / "users.xml").write_text(USERS.format(password=PASSWORD.replace("&", "&amp;")))

    @property
    def dsn(self) -> str:
        """As `ADS_CLICKHOUSE_DSN` takes it."""
        return f"clickhouse://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{self.http}"

    def start(self) -> "Server":
        """Start the process, without waiting for it."""
        with (self.folder / "output.log").open("a") as log:
            self.process = subprocess.Popen(
                [str(self.binary), "server", f"--config-file={self.folder}/config.xml"], cwd=self.folder, stdout=log, stderr=log
            )
        return self

    def wait(self) -> "Server":
        """Wait until it answers."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.connect().close()
                return self
            except ClickHouseError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    log = self.folder / "errors.log"
                    raise AssertionError(
                        f"the server does not answer: {error}\n{log.read_text()[-3000:] if log.exists() else ''}"
                    ) from error
            time.sleep(0.1)

    def connect(self) -> Client:
        """A connection for the tests' own hands."""
        return clickhouse_connect.get_client(
            host="127.0.0.1", port=self.http, username=USER, password=PASSWORD, autogenerate_session_id=False
        )

    def kill(self) -> None:
        """End it by SIGKILL."""
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        """Stop it from doing anything, until `resume`."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)
