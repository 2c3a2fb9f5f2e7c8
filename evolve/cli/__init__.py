"""The command line: verbs over the Python interface, nothing that only it can do."""

import os
import sys

from problems.errors import PlatformError


def main() -> None:
    """Run ``heuresis``; the exit codes are those of the README."""
    from evolve.cli.app import app

    try:
        app()
    except PlatformError as error:
        print(f"heuresis: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of a pipe went away; the rest of the output is not wanted.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
