"""Whom a schedule tells: each receiver with its own rule."""

from __future__ import annotations

from dataclasses import dataclass

import click

from jobs.runtime.cli.options import packing
from jobs.runtime.cli.terminal import speakable
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.receivers import Receiver, ReceiverKind, read_rule


@dataclass(frozen=True, kw_only=True)
class ReceiverOptions:
    """Receivers as they are written, `WHERE [RULE]`; the rule of those that have none; what webhooks are signed by."""

    webhook: tuple[str, ...] = ()
    email: tuple[str, ...] = ()
    apprise: tuple[str, ...] = ()
    tell: str = ""
    sign: str = ""

    def asked(self) -> tuple[Receiver, ...]:
        """All of them, in the order of their kinds. Raises Refused."""
        named = {ReceiverKind.WEBHOOK: self.webhook, ReceiverKind.EMAIL: self.email, ReceiverKind.APPRISE: self.apprise}
        found = tuple(self._receiver(kind, one) for kind, texts in named.items() for one in texts)
        if self.tell and not found:
            raise Refused(
                "--tell says of which runs somebody is told: name whom (--email, --webhook, --apprise), or leave it out"
            )
        if self.sign and not self.webhook:
            raise Refused("--sign signs what a webhook is told: give --webhook URL, or leave it out")
        return found

    def _receiver(self, kind: ReceiverKind, text: str) -> Receiver:
        where, _, rule = speakable(text).strip().partition(" ")
        told, column = read_rule(rule.strip() or self.tell or "always")
        key = self.sign if kind is ReceiverKind.WEBHOOK else ""
        return Receiver(kind=kind, where=where, rule=told, column=column, key=key)


receiver_options = packing(
    ReceiverOptions,
    "receivers",
    (
        click.option(
            "--webhook",
            multiple=True,
            metavar="URL [RULE]",
            help="Tell this URL, by a POST of JSON, of a run and of what changed; a rule of its own behind a space.",
        ),
        click.option(
            "--email",
            multiple=True,
            metavar="ADDRESS [RULE]",
            help="Write to this address of a run and of what changed; a rule of its own behind a space.",
        ),
        click.option(
            "--apprise",
            multiple=True,
            metavar="NAME [RULE]",
            help="Tell this target of JOBS_APPRISE of a run and of what changed; a rule of its own behind a space.",
        ),
        click.option("--tell", default="", help="Of which runs: always (default), failure, change or change:COLUMN."),
        click.option("--sign", default="", metavar="{secret:NAME}", help="Sign what webhooks are told (HMAC-SHA256)."),
    ),
)
"""Decorates `schedule add`."""
