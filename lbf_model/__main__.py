"""`python -m lbf_model`: see `lbf_model.cli`."""

import sys

from lbf_model.cli.main import main

if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")  # file names come in any encoding, terminals have one
    sys.exit(main())
