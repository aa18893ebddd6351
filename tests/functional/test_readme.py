"""The commands of the README, as they stand there."""

import os
import re
import subprocess
from pathlib import Path

from local.stack import Stack
from tests.functional.bridge import Bridge

README = Path(__file__).parents[2] / "README.md"


def block(containing: str) -> str:
    """The one block of commands with a text in it."""
    found = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (commands,) = (commands for commands in found if containing in commands)
    return str(commands)


def test_two_calls_and_a_change_in_azure_boards_arrives(stack: Stack) -> None:
    """With a token of no more than the needed rights, in an organisation that knows nothing of us."""
    bridge = Bridge.fresh(stack, linked=False)
    least = {"scopes": ["vso.work_write", "vso.project"], "may_read_code": False}
    holder = {"organization": bridge.name, "user": "Bridge"}
    token = bridge.control("POST", "personal-access-tokens", holder | least)["token"]
    commands = block('/api/connections/contoso" -H')
    assert commands.count("curl") == 2
    for name, value in {
        "https://dev.azure.com/contoso": f"{stack.addresses.azure_devops}/{bridge.name}",
        "contoso": bridge.name,
        "web-shop": bridge.asset,
        "…": token,
    }.items():
        assert name in commands
        commands = commands.replace(name, value)

    variables = {"functions": stack.addresses.functions, "host_key": stack.addresses.host_key, "NO_PROXY": "127.0.0.1"}
    commands = commands.replace("curl ", "curl --silent --show-error --fail-with-body ")
    subprocess.run(["sh", "-ec", commands], env={**os.environ, **variables}, check=True, timeout=60)

    ticket = bridge.until(bridge.send(), "open")
    bridge.act(ticket["work_item"]["id"], state="Done", by="Jamal Hartnett")
    bridge.until(ticket["id"], "awaiting_validation")
