"""The group of all verbs, and the one place where errors become sentences and exit codes."""

from __future__ import annotations

import click

from jobs.runtime import client
from jobs.runtime.cli import catalog, compare, control, files, history, measure, run, terminal
from jobs.runtime.cli.options import help_of
from jobs.runtime.errors import FanoutError

NOTHING_RUN = 2
_VERBS = (
    catalog.list_jobs,
    history.status,
    history.runs,
    catalog.check,
    run.run,
    run.sample,
    measure.measure_ways,
    history.show,
    compare.compare,
    files.export,
    files.digits,
    control.cancel,
    control.pause,
    control.resume,
    control.delete,
    control.retry,
    control.rename,
    control.runner,
)


class Verbs(click.Group):
    """Verbs in the order of a day's work, not of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """The names of the verbs."""
        return list(self.commands)


@click.group(
    cls=Verbs,
    commands=list(_VERBS),
    context_settings={"token_normalize_func": lambda name: name.replace("_", "-"), "max_content_width": 110},
)
def verbs() -> None:
    """Run a list of things through a Python function, in parallel, durably.

    RUN is any unambiguous beginning of a run's id.
    """


def main(arguments: list[str]) -> int:
    """Run one command; its exit code. Whatever was refused is one sentence on standard error."""
    terminal.use_utf8()
    try:
        client.check_settings()
        answer = verbs.main(arguments, prog_name="python -m jobs", standalone_mode=False)
    except click.ClickException as error:
        terminal.warn(_sentence(error))
        return NOTHING_RUN
    except FanoutError as error:
        terminal.warn(str(error))
        return NOTHING_RUN
    except OSError as error:
        terminal.warn(f"{error.strerror or error}: {error.filename}" if error.filename else str(error))
        return NOTHING_RUN
    except (KeyboardInterrupt, click.Abort):
        return run.CANCELLED
    return answer if isinstance(answer, int) else 0


def _sentence(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    if context is None or isinstance(error, click.exceptions.NoArgsIsHelpError):
        return error.format_message()
    return f"{error.format_message().rstrip('.')} (see {help_of(context)})"
