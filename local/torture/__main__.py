"""`python -m local.torture`: exit status 0 only when the ledgers agree."""

import logging
import shutil
import sys
import tempfile
from pathlib import Path

from local.torture.options import Options
from local.torture.run import Run


def main() -> int:
    """Run, and keep the folder unless all is well and nobody asked for it."""
    logging.getLogger("azure").setLevel(logging.CRITICAL)  # storage is away on purpose
    options = Options.read(sys.argv[1:])
    folder = options.state or Path(tempfile.mkdtemp(prefix="torture-"))
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise SystemExit(f"{folder} is not empty: what it holds of another run would be counted. Name a new folder.")
    print(f"State, logs and ledger: {folder}", flush=True)
    agreed = Run(options, folder, say=lambda text: print(text, flush=True))()
    if agreed and options.state is None:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if agreed else 1


if __name__ == "__main__":
    sys.exit(main())
