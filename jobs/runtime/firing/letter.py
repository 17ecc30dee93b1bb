"""What stands in an e-mail: what became of a run as text and as HTML, a table of changes, and all of them as CSV."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from functools import lru_cache

from jobs.runtime import client, compare
from jobs.runtime.compare import Difference
from jobs.runtime.core.mail_address import Sender
from jobs.runtime.core.records import RunState
from jobs.runtime.core.text import in_one_line
from jobs.runtime.core.units import count, size
from jobs.runtime.firing.message import Message, link_to_changes, link_to_run
from jobs.runtime.overview import html_parts

MOST_ATTACHED = 2 * 2**20
"""Bytes of the CSV file of changes: mail servers take 10 MiB and more, and base64 makes a third more of them."""

MOST_SUBJECT, MOST_SHOWN = 150, 200
"""Characters of the subject, and of a cell in the tables."""

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:16px;color-scheme:light dark}"
    "table{border-collapse:collapse;font-size:14px}"
    "th,td{text-align:left;vertical-align:top;padding:4px 12px 4px 0;border-bottom:1px solid #8886;"
    "overflow-wrap:anywhere}th{white-space:nowrap}"
)


def letter(message: Message, sender: Sender, to: str) -> EmailMessage:
    """The whole e-mail. No text of others can add a header: each stands in one line, and the policy refuses others."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = subject(message)
    mail["From"] = Address(sender.name, addr_spec=sender.address)
    mail["To"] = Address(addr_spec=to)
    mail["Date"] = formatdate(time.time())
    mail["Message-ID"] = _message_id(message, sender)
    mail["Auto-Submitted"] = "auto-generated"
    attached = _attached(message.changed)
    mail.set_content(plain_text(message, attached[1]))
    mail.add_alternative(_html(message, attached[1]), subtype="html")
    if attached[1]:
        mail.add_attachment(attached[0], maintype="text", subtype="csv", filename="changes.csv")
    return mail


def subject(message: Message) -> str:
    """The schedule and what became of it, in one line. What looks like an encoded word (RFC 2047) is none any more: the
    email package would decode it, and write a line feed in it into the header as it is."""
    return _in_line(f"{message.schedule.name}: {headline(message)}", MOST_SUBJECT).replace("=?", "= ?")


def headline(message: Message) -> str:
    """What became of it, in a few words."""
    run, changed = message.run, message.changed
    if run is None:
        return "no run could be begun"
    if run.state is not RunState.FINISHED:
        return f"the run was not finished ({run.state})"
    failed = f", {count(run.failed, 'item')} failed" if run.failed else ""
    if changed is None:
        return f"the run has finished, {count(run.items, 'item')}{failed}"
    return f"{count(changed.changed, 'row')} changed{failed}" if changed.changed else f"nothing changed{failed}"


def facts(message: Message) -> list[tuple[str, str]]:
    """What is known of it, by name."""
    run, changed = message.run, message.changed
    known = [("Schedule", message.schedule.name), ("Job", message.schedule.job)]
    known += [("Due", message.schedule.recurrence.spoken(message.firing.due))]
    known += [("Said", message.firing.said)] if message.firing.said else []
    if run is not None:
        known += [("Run", f"{run.state}: {count(run.items, 'item')}, {run.ok:,} ok, {run.failed:,} failed")]
        known += [("Error", run.error)] if run.error else []
    if changed is not None:
        columns = ", ".join(f"{name} {number:,}" for name, number in changed.counts.items())
        known += [("Changed", f"{count(changed.changed, 'row')}{f' ({columns})' if columns else ''}")]
    known += [("Changed", message.uncompared)] if message.uncompared else []
    return known


def _message_id(message: Message, sender: Sender) -> str:
    """The same each time it is sent: who gets it twice can tell."""
    due = f"{message.firing.due:.3f}".replace(".", "-")
    domain = sender.address.rpartition("@")[2]
    return f"<fanout.{message.schedule.made_at:.0f}.{message.schedule.number}.{due}.{message.place}@{domain}>"


def _attached(changed: Difference | None) -> tuple[bytes, int]:
    """The changes as a file, and how many of them are in it."""
    return _changes_file(changed.first.id, changed.second.id) if changed is not None and changed.total else (b"", 0)


@lru_cache(maxsize=1)
def _changes_file(first: str, second: str) -> tuple[bytes, int]:
    """Several are written to of one run: the file is made once."""
    out = io.BytesIO()
    written = compare.write_changes(client.run(first), client.run(second), out, MOST_ATTACHED)
    return out.getvalue(), written


def _rest(changed: Difference, attached: int) -> str:
    """What the table leaves out, and what the file has; empty: the table has all."""
    if changed.total <= len(changed.changes):
        return ""
    shown = f"These are the first {len(changed.changes):,} of {count(changed.total, 'change')}."
    if not attached:
        return shown
    if attached == changed.total:
        return f"{shown} The file attached has all of them."
    return f"{shown} The file attached has the first {attached:,}, up to {size(MOST_ATTACHED)}."


def _rows(changed: Difference) -> Iterator[Sequence[str]]:
    for change in changed.changes:
        item, _, _, what, before, after = compare.change_row(change)
        yield [_in_line(str(cell), MOST_SHOWN) for cell in (item, what, before, after)]


def plain_text(message: Message, attached: int = 0) -> str:
    """What there is to tell as text; so many changes are in a file that goes with it."""
    lines = [_sentence(message), ""]
    lines += [f"{name + ':':<10}{_in_line(said, 500)}" for name, said in facts(message)]
    lines += [f"{name + ':':<10}{url}" for name, url in _links(message)]
    if message.changed is not None and message.changed.total:
        lines += ["", *(f"  {item} · {what}: {old} → {new}" for item, what, old, new in _rows(message.changed))]
        lines += ["", rest] if (rest := _rest(message.changed, attached)) else []
    return "\n".join([*lines, ""])


def _html(message: Message, attached: int) -> str:
    known = [
        f"<tr><th>{html_parts.text(name)}</th><td>{html_parts.text(said[:500])}</td></tr>"
        for name, said in facts(message)
    ]
    links = " · ".join(f'<a href="{html_parts.text(url)}">{html_parts.text(name)}</a>' for name, url in _links(message))
    parts = ["<!DOCTYPE html><html lang=en><head><meta charset=utf-8>"]
    parts += ["<meta name=viewport content='width=device-width'><meta name=color-scheme content='light dark'>"]
    parts += [f"<style>{_STYLE}</style></head><body>"]
    parts += [f"<p><b>{html_parts.text(_sentence(message))}</b></p><table>{''.join(known)}</table>"]
    parts += [f"<p>{links}</p>"] if links else []
    if message.changed is not None and message.changed.total:
        parts += html_parts.table(("item", "what", "before", "after"), _rows(message.changed))
        parts += [f"<p>{html_parts.text(_rest(message.changed, attached))}</p>"]
    return "\n".join([*parts, "</body></html>"])


def _sentence(message: Message) -> str:
    said = headline(message)
    return f"{said[0].upper()}{said[1:]}."


def _links(message: Message) -> list[tuple[str, str]]:
    named = [("Its page", link_to_run(message)), ("Changes", link_to_changes(message))]
    return [(name, url) for name, url in named if url]


def _in_line(text: str, most: int) -> str:
    """A text in one line of so many characters at most."""
    line = in_one_line(text)
    return line if len(line) <= most else f"{line[: most - 1]}…"
