"""`python -m shared.backup save FOLDER` and `restore FOLDER`. See docs/runbook.md, *Backup and restore*."""

import logging
import os
import sys

from shared.backup.running import main

if __name__ == "__main__":
    logging.disable(logging.CRITICAL)  # each way to sign in that is not there says so
    sys.exit(main(sys.argv[1:], os.environ, sys.stdout, sys.stderr))
