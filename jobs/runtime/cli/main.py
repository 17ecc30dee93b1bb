"""The group of all verbs, and the one place where errors become sentences and exit codes."""

from __future__ import annotations

import click

from jobs.runtime import client
from jobs.runtime.cli import (
    api,
    audit,
    backup,
    cluster,
    compare,
    control,
    export,
    jobs,
    mcp,
    measure,
    page,
    presets,
    run,
    runs,
    schedule,
    terminal,
    token,
)
from jobs.runtime.cli.job_options import help_of
from jobs.runtime.cli.verb import VerbGroup
from jobs.runtime.core import notices, program
from jobs.runtime.core.errors import FanoutError

NOTHING_RUN = 2
_VERBS = (
    jobs.list_jobs,
    runs.status,
    runs.runs,
    jobs.check,
    jobs.new,
    run.run,
    run.sample,
    measure.measure_ways,
    runs.show,
    compare.compare_runs,
    export.export,
    export.files,
    control.cancel,
    control.pause,
    control.resume,
    control.delete,
    control.retry,
    control.rename,
    control.pin,
    presets.presets,
    schedule.schedule,
    backup.backup,
    backup.restore,
    page.page,
    api.api,
    mcp.mcp,
    token.token,
    audit.audit,
    cluster.cluster,
    control.runner,
)


class Verbs(VerbGroup):
    """All of them."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb of a name; `files` has others too, which jobs give it."""
        found = super().get_command(ctx, cmd_name)
        if found is None and cmd_name in client.verbs_of_files():
            return export.files
        return found


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
    notices.listen(terminal.warn)
    try:
        client.check_settings()
        answer = verbs.main(arguments, prog_name=program.NAME, standalone_mode=False)
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
