"""`python -m jobs …` and `fanout …`: the command line, and the way the background process is started.

Workers import this file again under another name, and a runner is to be up at once: nothing heavy, and nothing done,
outside the last lines.
"""

import sys

from jobs.runtime.core import startup


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code; the runner loads no command line."""
    if arguments[:1] == ["runner"] and not {"--help", "-h"} & set(arguments):
        from jobs.runtime import runner

        startup.loaded()
        return runner.main(arguments[1:])
    from jobs.runtime.cli.main import main as command_line

    startup.loaded()
    return command_line(arguments)


def fanout() -> int:
    """The command `fanout`: with words it is the command line, alone it opens the page."""
    return _ended(sys.argv[1:] or ["page"])


def _ended(arguments: list[str]) -> int:
    try:
        return startup.end(main(arguments))
    except KeyboardInterrupt:  # before there was anything to cancel
        return startup.INTERRUPTED


if __name__ == "__main__":
    sys.exit(_ended(sys.argv[1:]))
