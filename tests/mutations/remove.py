"""`make mutations`: takes each protection away, in a copy of the tree, and shows what fails for it.

Arguments choose protections whose names contain one of them. Exit status 0 only if every one of them was missed.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutations.protections import MUTATIONS, REPOSITORY, Mutation

_LEFT_BEHIND = shutil.ignore_patterns(".git", ".local", ".*_cache", "__pycache__", "bench")
_DIFFERENCE = re.compile(r"^E +AssertionError: (.+? \d+, .+?: [\w ]+|.{1,200})", re.MULTILINE)
"""Flow, moment, and the first part of the end that differs; or whatever else was wrong."""
_LONGEST = 1800


def applied(mutation: Mutation, tree: Path) -> None:
    """Take the protection out of a tree. Raises `ValueError` where the code is not what the table says."""
    for edit in mutation.edits:
        file = tree / edit.path
        text = file.read_text(encoding="utf-8")
        if text.count(edit.old) != 1:
            raise ValueError(f"{mutation.protection}: {edit.path} has {text.count(edit.old)} times: {edit.old}")
        file.write_text(text.replace(edit.old, edit.new), encoding="utf-8")


def difference(mutation: Mutation) -> tuple[str, str]:
    """Return the first difference that its flows show without the protection, and what was printed."""
    with TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(REPOSITORY, tree, symlinks=True, ignore=_LEFT_BEHIND)
        applied(mutation, tree)
        finished = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", mutation.test],
            cwd=tree,
            env={**os.environ, "FLOWS": mutation.flows, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=False,
        )
    found = _DIFFERENCE.search(finished.stdout)
    return found[1] if found else "", finished.stdout[-2000:] + finished.stderr[-2000:]


def main(wanted: list[str]) -> int:
    """Try the mutations and print what came of each."""
    survived = 0
    for mutation in MUTATIONS:
        if wanted and not any(word in mutation.protection for word in wanted):
            continue
        shown, output = difference(mutation)
        matrix = "kill" if "kill_matrix" in mutation.test else "freeze"
        sys.stdout.write(f"without {mutation.protection}: {matrix}: {shown or f'NOTHING\n{output}'}\n")
        sys.stdout.flush()
        survived += not shown
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
