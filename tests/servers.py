"""Real ClickHouse servers on loopback, for tests and benchmarks, from the binary in `CLICKHOUSE_BINARY` or on the PATH."""

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import clickhouse_connect
from clickhouse_connect.driver.client import Client

USER, PASSWORD = "ads", "p@ss/w:rd%20"
START_SECONDS = 60

# A small machine runs several of these: few threads, small caches, and of the system's logs only that of the queries.
CONFIG = """<clickhouse>
  <logger><level>warning</level><log>{folder}/server.log</log><errorlog>{folder}/errors.log</errorlog></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>{http}</http_port><tcp_port>{tcp}</tcp_port><interserver_http_port>{interserver}</interserver_http_port>
  <interserver_http_host>127.0.0.1</interserver_http_host>
  <path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path><user_files_path>{folder}/files/</user_files_path>
  <backups><allowed_path>{folder}/backups/</allowed_path></backups>
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


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until somebody listens on a port."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        if process.poll() is not None or time.monotonic() > deadline:
            told = log.read_text()[-3000:] if log.exists() else ""
            raise AssertionError(f"nobody answers on port {port}\n{told}")
        time.sleep(0.05)


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
            command = [str(self.binary), "server", f"--config-file={self.folder}/config.xml"]
            # without the watchdog, which would be the process that is killed
            environment = os.environ | {"CLICKHOUSE_WATCHDOG_ENABLE": "0"}
            self.process = subprocess.Popen(command, cwd=self.folder, env=environment, stdout=log, stderr=log)
        return self

    def wait(self) -> "Server":
        """Wait until it answers."""
        wait_for(self.http, self.process, self.folder / "errors.log")
        self.connect().close()
        return self

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


KEEPER = """<clickhouse>
  <logger><level>warning</level><log>{folder}/keeper.log</log><errorlog>{folder}/errors.log</errorlog></logger>
  <listen_host>127.0.0.1</listen_host>
  <keeper_server>
    <tcp_port>{port}</tcp_port><server_id>1</server_id>
    <log_storage_path>{folder}/log</log_storage_path><snapshot_storage_path>{folder}/snapshots</snapshot_storage_path>
    <coordination_settings><session_timeout_ms>10000</session_timeout_ms></coordination_settings>
    <raft_configuration><server><id>1</id><hostname>127.0.0.1</hostname><port>{raft}</port></server></raft_configuration>
  </keeper_server>
</clickhouse>
"""

NODE = """
  <zookeeper><node><host>127.0.0.1</host><port>{keeper}</port></node><session_timeout_ms>5000</session_timeout_ms></zookeeper>
  <macros><shard>{shard}</shard><replica>{replica}</replica></macros>
  <distributed_ddl><path>/clickhouse/task_queue/ddl</path></distributed_ddl>
  <remote_servers><ads><secret>between servers</secret>{shards}</ads></remote_servers>
"""


OTHER_PORT = """
  <protocols><other><type>tcp</type><host>127.0.0.1</host><port>{port}</port></other></protocols>
"""


class Cluster:
    """Servers that are the cluster `ads`, with a keeper; the nodes by shard and replica.

    Args:
        unknown: nodes that the cluster knows by an address which they answer at and do not know as their own.
        macros: nodes whose macros are those of another shard and replica.
    """

    def __init__(
        self,
        folder: Path,
        shards: int = 2,
        replicas: int = 2,
        unknown: Collection[tuple[int, int]] = (),
        macros: Mapping[tuple[int, int], tuple[int, int]] = MappingProxyType({}),
    ) -> None:
        self.folder = folder
        places = [(shard, replica) for shard in range(1, shards + 1) for replica in range(1, replicas + 1)]
        ports = free_ports(2 + 4 * len(places))
        self.port, self.raft = ports[:2]
        node_ports = {place: ports[2 + 4 * nth : 5 + 4 * nth] for nth, place in enumerate(places)}
        others = {place: ports[5 + 4 * nth] for nth, place in enumerate(places) if place in unknown}
        self.addresses = {place: f"127.0.0.1:{others.get(place, node_ports[place][1])}" for place in places}
        layout = "".join(
            "<shard><internal_replication>true</internal_replication>"
            + "".join(
                "<replica><host>{}</host><port>{}</port></replica>".format(*self.addresses[shard, replica].split(":"))
                for replica in range(1, replicas + 1)
            )
            + "</shard>"
            for shard in range(1, shards + 1)
        )
        self.nodes = {}
        for place in places:
            shard, replica = macros.get(place, place)
            more = NODE.format(keeper=self.port, shard=shard, replica=replica, shards=layout)
            more += OTHER_PORT.format(port=others[place]) if place in others else ""
            self.nodes[place] = Server(folder / "node-{}-{}".format(*place), more, node_ports[place])

    @property
    def dsn(self) -> str:
        """As `ADS_CLICKHOUSE_DSN` takes it: any node that answers."""
        first, *others = self.nodes.values()
        return ",".join([first.dsn, *(f"127.0.0.1:{node.http}" for node in others)])

    def start(self) -> "Cluster":
        """Start the keeper and all servers, and wait until they answer."""
        keeper = self.folder / "keeper"
        keeper.mkdir(parents=True, exist_ok=True)
        (keeper / "config.xml").write_text(KEEPER.format(folder=keeper, port=self.port, raft=self.raft))
        with (keeper / "output.log").open("a") as log:
            binary = next(iter(self.nodes.values())).binary
            self.keeper = subprocess.Popen(
                [str(binary), "keeper", f"--config-file={keeper}/config.xml"], cwd=keeper, stdout=log, stderr=log
            )
        wait_for(self.port, self.keeper, keeper / "errors.log")
        for node in self.nodes.values():
            node.start()
        for node in self.nodes.values():
            node.wait()
        return self

    def kill(self) -> None:
        """End everything by SIGKILL."""
        for node in self.nodes.values():
            if node.process.poll() is None:
                node.kill()
        self.keeper.kill()
        self.keeper.wait()
