"""What the app does while it is imported."""

import subprocess
import sys

from local.processes import REPOSITORY

SCRIPT = """
import gc, function_app
print(gc.isenabled(), gc.get_freeze_count() > 10_000)
try:
    with function_app._nothing_is_garbage():
        print(gc.isenabled())
        raise ImportError
except ImportError:
    print(gc.isenabled())
"""


def test_garbage_is_looked_for_again_once_all_is_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.split() == ["True", "True", "False", "True"]
