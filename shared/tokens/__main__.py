"""`python -m shared.tokens`: personal access tokens where there is no function app. See docs/tokens.md."""

import logging
import os
import sys

from shared.tokens.command.running import main

if __name__ == "__main__":
    logging.disable(logging.CRITICAL)  # what libraries log may hold what a request held
    sys.exit(main(sys.argv[1:], os.environ, sys.stdout, sys.stderr))
