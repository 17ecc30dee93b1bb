"""`python -m jobs …`: the command line, and the way the background process is started.

Workers import this file again under another name, and a runner is to be up at once: nothing heavy, and nothing done,
outside the last lines.
"""

import sys

from jobs.runtime import loading


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code; the runner loads no command line."""
    if arguments[:1] == ["runner"] and not {"--help", "-h"} & set(arguments):
        from jobs.runtime import runner

        loading.loaded()
        return runner.main(arguments[1:])
    from jobs.runtime.cli import entry

    loading.loaded()
    return entry.main(arguments)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:  # before there was anything to cancel
        sys.exit(loading.INTERRUPTED)
