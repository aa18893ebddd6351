"""Microsoft's own Node client against the simulator.

https://www.npmjs.com/package/azure-devops-node-api
"""

import json
import os
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest

from tests.functional.simulated_azure_devops import Organization, simulator

FOLDER = Path(__file__).parents[1] / "contract/node"
PROJECT = "Mobile"
LOGO = b64encode(bytes(range(256))).decode()


@pytest.mark.skipif(not (FOLDER / "node_modules").is_dir(), reason=f"run `npm --prefix {FOLDER} ci`")
def test_it_does_all_that_the_product_does(tmp_path: Path) -> None:
    with simulator(tmp_path / "state.db") as base, Organization(base) as organization:
        logo = {"logo.png": {"base64": LOGO}}
        repository = {"organization": organization.name, "project": PROJECT, "name": "shop", "files": logo}
        organization.control("POST", "repositories", repository)
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
    assert saw["subscription"] == ["enabled", "workitem.updated", [saw["subscribed"]], []]
    assert (saw["repositories"], saw["refs"]) == ([PROJECT, "shop"], ["refs/heads/main"])
    assert set(saw["items"]) == {"/", "/logo.png"}
    assert saw["content"] == saw["blob"] == LOGO
