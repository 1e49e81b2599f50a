"""`ads ingest` beside other ways to load a file of events into a ClickHouse server, process beside process."""

import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks.inputs import WORK, make_drop
from benchmarks.measure import ADS, Run, fresh_home, run
from benchmarks.report import Goal, Result
from tests.servers import Server

EVENTS = 200_000

LOADERS = {
    "dlt": "dlt, write disposition `merge`",
    "pandas": "`pandas.read_json`, `insert_df`",
    "pydantic": "pydantic, a model a line",
    "driver": "clickhouse-driver, `json.loads` a line",
}


def loaders(runs: int) -> Result:
    """Of 200,000 events, each way into a database of its own on one server."""
    drop, python = make_drop(f"{EVENTS}-0", EVENTS).absolute(), _environment()
    folder = (WORK / "loaders").absolute()
    shutil.rmtree(folder, ignore_errors=True)
    server = Server(folder / "server").start().wait()
    found: dict[str, list[Run]] = {}
    costs: dict[str, str] = {}
    try:
        for number in range(runs):
            for way in ("ads ingest", *LOADERS):
                database = f"{way.split()[0]}_{number}"
                variables = {"ADS_CLICKHOUSE_DSN": server.dsn, "ADS_DATABASE": database}
                home = fresh_home(folder / "home", drop, variables)
                command = [ADS, "ingest"] if way == "ads ingest" else [*python, way, *_arguments(way, server, database, drop)]
                found.setdefault(way, []).append(run(command, home, variables))
                with server.connect() as client:
                    table = f"{database}.dlt___events" if way == "dlt" else f"{database}.campaign_daily"
                    costs[way] = str(client.query(f"SELECT sum(cost) FROM {table}").result_rows[0][0])
                    client.command(f"DROP DATABASE {database} SYNC")
    finally:
        server.kill()
    rows = [
        [
            LOADERS.get(way, f"`{way}`"),
            round(EVENTS / median(each.seconds for each in taken)),
            round(median(each.seconds for each in taken), 1),
            round(median(each.cpu for each in taken), 1),
            round(median(each.peak for each in taken)),
            costs[way],
        ]
        for way, taken in found.items()
    ]
    best = [min(found[way][number].seconds for way in LOADERS) / found["ads ingest"][number].seconds for number in range(runs)]
    text = (
        f"{EVENTS:,} events in one gzip NDJSON file into a ClickHouse 24.10 server on the same machine, whole processes with their start; "
        f"medians of {runs} rounds. CPU and memory are the client's, without the server's. All but dlt write into the tables of `ads init` "
        "with their rollups and find no duplicates; dlt finds them by the event's id, and makes no rollup. The last column is what the "
        "costs add up to afterwards: pandas reads numbers as doubles."
    )
    goals = [Goal("rows a second beside the fastest of the others", median(best), 1.0)]
    return Result("Beside other loaders", text, ("way", "rows/s", "seconds", "client CPU s", "client MiB", "sum of cost"), rows, goals)


def _environment() -> list[str]:
    """The command of `loaders.py` in an environment of its own, made once."""
    folder, wanted = (WORK / "loaders-env").absolute(), Path(__file__).with_name("loaders.txt")
    python, uv = folder / "bin" / "python", Path(sys.executable).with_name("uv")
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, "-r", wanted], check=True)
    return [str(python), str(Path(__file__).with_name("loaders.py"))]


def _arguments(way: str, server: Server, database: str, drop: Path) -> list[str]:
    native = server.dsn.rpartition(":")[0] + f":{server.tcp}"
    return [native if way == "driver" else server.dsn, database, str(drop), *([str(server.tcp)] if way == "dlt" else [])]
