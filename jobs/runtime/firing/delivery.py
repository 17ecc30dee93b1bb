"""What a receiver is told, where its rule asks for it; and what becomes of that: sent, put off, or given up."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from jobs.runtime import client
from jobs.runtime.client import DueTelling
from jobs.runtime.core.errors import FanoutError, ItemError, NeverTaken
from jobs.runtime.core.people import acting_as, of_owner
from jobs.runtime.core.receivers import Receiver, ReceiverKind, TellRule
from jobs.runtime.core.records import RunState
from jobs.runtime.core.schedules import FiringState
from jobs.runtime.firing import apprise_target, mail, webhook
from jobs.runtime.firing.message import Message, message_of

Send = Callable[[Receiver, Message], None]
"""Sends a message to a receiver of one kind. Raises ItemError or FanoutError, with a sentence: it was not taken;
NeverTaken: nor will it ever be."""

SENDERS: Mapping[ReceiverKind, Send] = {
    ReceiverKind.WEBHOOK: webhook.send,
    ReceiverKind.EMAIL: mail.send,
    ReceiverKind.APPRISE: apprise_target.send,
}


def tell(due: DueTelling) -> float:
    """Tell a receiver what became of a time of its schedule, where its rule says so; note whether that was taken.
    Returns how many seconds it was waited for."""
    if due.firing.run and due.run is None:
        client.note_unneeded(due.telling)  # the run was deleted meanwhile
        return 0.0
    began = time.monotonic()
    try:
        message = message_of(due)
        if not _wanted(due, message):
            client.note_unneeded(due.telling)
            return 0.0
        began = time.monotonic()
        with acting_as(of_owner(due.schedule.owner)):  # secrets in a receiver are those of its owner
            SENDERS[due.receiver.kind](due.receiver, message)
    except NeverTaken as error:
        client.note_never_taken(due.telling, str(error))
    except (ItemError, FanoutError) as error:
        client.note_undelivered(due.telling, str(error))
    else:
        client.note_sent(due.telling)
    return time.monotonic() - began


def _wanted(due: DueTelling, message: Message) -> bool:
    """Whether its rule asks for this. That no run could be begun, or one has failed, or that it is not known what has
    changed, is always told."""
    rule, column, run = due.receiver.rule, due.receiver.column, due.run
    broken = due.firing.state is FiringState.FAILED or run is None or run.state is not RunState.FINISHED
    if broken or message.uncompared or rule is TellRule.ALWAYS:
        return True
    if rule is TellRule.FAILURE:
        return bool(run and run.failed)
    changed = message.changed.counts if message.changed is not None else {}
    return bool(changed.get(column) if column else changed)
