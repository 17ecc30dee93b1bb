"""What is done when a schedule has come, in a process of its own: its source is read, and its run submitted.

    runner ──starts──► main ── source ──► reader (a file), jobs/web (a URL), results of a run
                         │       └── submits ──► store ──► runner
                         └── delivery ── message ──► webhook, mail, apprise_target

main      that process
checking  a schedule before it is saved
source    the items of a schedule, read anew
delivery  whether a receiver is told of a run, and what becomes of that
message   what there is to tell: the run, and what changed since the one before
webhook   the message as a signed POST of JSON
mail      the message by e-mail
letter    what stands in that e-mail: text, HTML, changes as CSV
apprise_target  the message by Apprise
time_limit  a bound on all that a receiver may take
"""

from jobs.runtime.firing.checking import check_schedule
from jobs.runtime.firing.source import read_source

__all__ = ["check_schedule", "read_source"]
