"""What a process has at a moment, as the kernel tells it: memory, files, threads, processor time."""

import os
from pathlib import Path

MIB = 1 << 20


def peak(pid: int) -> int:
    """Bytes of memory that a process has had at most since `forget_peak`."""
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


def forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def held(pid: int, folder: Path = Path("/")) -> int:
    """Bytes of the files without a name that a process has open in a folder."""
    sizes = []
    for path in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if path.readlink().is_relative_to(folder) and str(path.readlink()).endswith("(deleted)"):
                sizes.append(path.stat().st_size)
        except FileNotFoundError:
            continue
    return sum(sizes)


def count(pid: int, kind: str) -> int:
    """How many files (`fd`) or threads (`task`) a process has."""
    return len(list(Path(f"/proc/{pid}/{kind}").iterdir()))


def cpu_seconds(pid: int, without: bytes = b"") -> float:
    """Processor time that a process and those that it has started have used, except where `without` stands in the command."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if without and without in Path(f"/proc/{pid}/cmdline").read_bytes():
            return 0
    except OSError:  # it has ended
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") + sum(cpu_seconds(int(child), without) for child in children)
