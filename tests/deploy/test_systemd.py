"""The units of deploy/systemd: systemd accepts them, their commands exist, and they are confined."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from ads_pipeline.cli import main
from ads_pipeline.settings import load_settings
from tests.commands import ADS

FOLDER = Path(__file__).parents[2] / "deploy" / "systemd"
UNITS = sorted(FOLDER.glob("*.service"))
INSTALLED = "/opt/ads/bin/ads"


def unit(path: Path) -> configparser.ConfigParser:
    found = configparser.ConfigParser(strict=False, interpolation=None)
    found.optionxform = str  # type: ignore[assignment, method-assign]
    found.read(path)
    return found


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units, for the `ads` of this environment."""
    for path in [*FOLDER.glob("*.*"), *FOLDER.glob("*.d/*")]:
        if path.is_file():
            copy = tmp_path / path.relative_to(FOLDER)
            copy.parent.mkdir(exist_ok=True)
            copy.write_text(path.read_text().replace(INSTALLED, ADS))
    return tmp_path


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_calls_a_command_that_exists(path: Path) -> None:
    service = unit(path)["Service"]
    program, *words = service["ExecStart"].split()
    assert program == INSTALLED
    command: click.Command = main
    while words and isinstance(command, click.Group):
        found = command.get_command(click.Context(main), words.pop(0))
        assert found, service["ExecStart"]
        command = found
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known
    bound = words[words.index("--host") + 1] if "--host" in words else "127.0.0.1"
    assert bound == "127.0.0.1", "nothing listens beyond this machine unless somebody says so"
    assert service.get("Type") == "oneshot" or service["Restart"] == "always"


def test_the_target_has_all_of_them_and_each_waits_for_the_database() -> None:
    names = {path.name for path in UNITS} - {"ads-init.service"}
    assert set(unit(FOLDER / "ads.target")["Unit"]["Wants"].split()) == names
    for name in names:
        described = unit(FOLDER / name)
        # events are taken while the engine is away
        assert ("ads-init.service" in described["Unit"]["After"].split()) == (name != "ads-api.service")
        assert "Requires" not in described["Unit"], "what waits for something that failed once would never start"
        assert described["Install"]["WantedBy"] == "ads.target"
    common = unit(FOLDER / "ads-.service.d" / "confinement.conf")["Service"]
    assert dict(word.split("=") for word in common["Environment"].split())["ADS_HOME"] == "/var/lib/" + common["StateDirectory"]
    assert load_settings().home.name == ".ads", "which the units replace"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
def test_systemd_accepts_them_and_finds_them_confined(installed: Path) -> None:
    files = [str(installed / path.name) for path in [*UNITS, FOLDER / "ads.target"]]
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *files], check=False, capture_output=True, text=True)
    ours = [line for line in done.stderr.splitlines() if "ads" in line]
    assert (done.returncode, ours) == (0, []), done.stderr
    for path in UNITS:
        whole = installed / f"whole-{path.name}"
        # a unit that is looked at offline is looked at without drop-ins
        common = (installed / "ads-.service.d" / "confinement.conf").read_text()
        whole.write_text((installed / path.name).read_text() + "\n" + common)
        command = ["systemd-analyze", "security", "--offline=true", "--threshold=25", str(whole)]
        found = subprocess.run(command, check=False, capture_output=True, text=True)
        assert found.returncode == 0, found.stdout[-1500:] + found.stderr
        assert re.search(r"Overall exposure level for .*: [0-2]\.\d", found.stdout)
