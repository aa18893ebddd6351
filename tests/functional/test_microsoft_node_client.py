"""Microsoft's own Node client against the simulator.

https://www.npmjs.com/package/azure-devops-node-api
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.functional.simulated_azure_devops import Organization, simulator

FOLDER = Path(__file__).parents[1] / "contract/node"
PROJECT = "Mobile"


@pytest.mark.skipif(not (FOLDER / "node_modules").is_dir(), reason=f"run `npm --prefix {FOLDER} ci`")
def test_it_finds_makes_changes_deletes_and_restores(tmp_path: Path) -> None:
    with simulator(tmp_path / "state.db") as base, Organization(base) as organization:
        where = {"ORGANIZATION": f"{base}/{organization.name}", "TOKEN": organization.token(), "PROJECT": PROJECT}
        clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        command = ["node", "drive.mjs"]
        ran = subprocess.run(
            command, cwd=FOLDER, env=clean | where, capture_output=True, text=True, timeout=60, check=False
        )
    assert ran.returncode == 0, ran.stderr
    saw = json.loads(ran.stdout)

    assert PROJECT in saw["projects"]
    assert "Bug" in saw["types"]
    assert "Completed" in saw["categories"]
    assert saw["state"] == saw["read"] == "Active"
    assert saw["stale"]["status"] == 412
    assert "VS403351" in saw["stale"]["message"]
    assert saw["found"] == [saw["made"]]
    assert saw["titles"] == ["Log4Shell"]
    assert saw["updates"] == 2
    assert saw["gone"] is None  # how this client tells a 404
    assert saw["binned"] == "Log4Shell"
