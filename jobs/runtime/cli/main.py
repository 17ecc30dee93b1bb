"""The group of all verbs, and the one place where errors become sentences and exit codes."""

from __future__ import annotations

from importlib import import_module

import click

from jobs.runtime import client
from jobs.runtime.cli import terminal
from jobs.runtime.cli.verb import VerbGroup, help_of
from jobs.runtime.core import notices, program, settings, startup
from jobs.runtime.core.errors import FanoutError

NOTHING_RUN = 2
_VERBS = {
    "list": "jobs.list_jobs",
    "status": "runs.status",
    "runs": "runs.runs",
    "check": "jobs.check",
    "new": "jobs.new",
    "run": "run.run",
    "sample": "run.sample",
    "measure": "measure.measure_ways",
    "show": "runs.show",
    "compare": "compare.compare_runs",
    "export": "export.export",
    "files": "export.files",
    "cancel": "control.cancel",
    "pause": "control.pause",
    "resume": "control.resume",
    "delete": "control.delete",
    "retry": "control.retry",
    "rename": "control.rename",
    "pin": "control.pin",
    "share": "control.share",
    "presets": "presets.presets",
    "schedule": "schedule.schedule",
    "backup": "backup.backup",
    "restore": "backup.restore",
    "page": "page.page",
    "api": "api.api",
    "mcp": "mcp.mcp",
    "token": "token.token",
    "audit": "audit.audit",
    "cluster": "cluster.cluster",
    "runner": "control.runner",
}
"""Each verb with its module in this package, which is loaded when the verb is asked for, and its function there."""


class Verbs(VerbGroup):
    """All of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """The names of the verbs."""
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb of a name; `files` has others too, which jobs give it."""
        if cmd_name in _VERBS:
            module, _, function = _VERBS[cmd_name].partition(".")
            found: click.Command = getattr(import_module(f"jobs.runtime.cli.{module}"), function)
            return found
        return self.get_command(ctx, "files") if cmd_name in client.verbs_of_files() else None


@click.group(
    cls=Verbs,
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
        settings.check()
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
        return startup.INTERRUPTED
    return answer if isinstance(answer, int) else 0


def _sentence(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    if context is None or isinstance(error, click.exceptions.NoArgsIsHelpError):
        return error.format_message()
    return f"{error.format_message().rstrip('.')} (see {help_of(context)})"
