"""Every environment variable Fanout reads, with its default: one table."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple

from jobs.runtime.core import setting_readers as read_as
from jobs.runtime.core.setting_readers import between, choice


class Setting(NamedTuple):
    """One environment variable: how its text is read, what holds without it, what it means."""

    name: str
    default: str
    read: Callable[[str], Any]
    meaning: str


SETTINGS: tuple[Setting, ...] = (
    Setting(
        name="JOBS_HOME",
        default="",
        read=read_as.home,
        meaning="where the store, the artifacts and the log are; when empty, `data/runs` of a checkout, "
        "and `fanout/runs` in the user's data folder for an installed Fanout",
    ),
    Setting(
        name="JOBS_PATH",
        default="",
        read=read_as.folders,
        meaning=f"extra folders of jobs, separated by `{os.pathsep}`; "
        "when empty, an installed Fanout has `fanout/jobs` in the user's data folder",
    ),
    Setting(
        name="JOBS_FILES",
        default="",
        read=read_as.paths,
        meaning="folders of which schedules may read files; when empty, one that was made on the command line may read "
        "any, and any other none",
    ),
    Setting(
        name="JOBS_ALLOW_NETS",
        default="",
        read=read_as.networks,
        meaning="private networks that jobs may reach, e.g. `127.0.0.0/8`; a setting of the runner",
    ),
    Setting(
        name="JOBS_SIGN_IN",
        default="",
        read=read_as.sign_in,
        meaning="how people sign in on the page: `openid`, or `header NAME` of a proxy that does it; "
        "when empty, whoever opens the page is the admin",
    ),
    Setting(
        name="JOBS_OPEN",
        default="0",
        read=between(int, 0, 1),
        meaning="`1`: a page that nobody signs in to may be reached from elsewhere, by whoever is in that network",
    ),
    Setting(
        name="JOBS_PEOPLE",
        default="",
        read=read_as.people,
        meaning="who may sign in: e-mail addresses, `@example.org` for all of a domain, `claim=value`; "
        "when empty, all whom the provider knows",
    ),
    Setting(
        name="JOBS_ADMINS",
        default="",
        read=read_as.people,
        meaning="who of them sees and touches what belongs to others, told in the same way",
    ),
    Setting(
        name="JOBS_PROXIES",
        default="",
        read=read_as.networks,
        meaning="networks whose proxies may name people in the header of JOBS_SIGN_IN, beside this machine",
    ),
    Setting(
        name="JOBS_SECRETS",
        default="",
        read=read_as.file,
        meaning="a file of secrets, your own and of mode 0600, a line `NAME=value` for each `{secret:NAME}`; "
        "one alone can also be the variable `JOBS_SECRET_NAME`",
    ),
    Setting(
        name="JOBS_PROXY",
        default="",
        read=read_as.proxy,
        meaning="a proxy that the scraper goes through: `http://`, `https://` or `socks5://user:password@host:port`",
    ),
    Setting(
        name="JOBS_PAGE_URL",
        default="",
        read=read_as.page_address,
        meaning="where the page is reached, as in `https://jobs.example.org`: for links in what schedules tell and to "
        "runs that are shared",
    ),
    Setting(
        name="JOBS_SMTP",
        default="",
        read=read_as.mail_host,
        meaning="the mail server that takes what schedules tell by e-mail: a host, or a host and a port",
    ),
    Setting(
        name="JOBS_SMTP_TLS",
        default="starttls",
        read=choice("starttls", "tls", "none"),
        meaning="`starttls` (port 587 unless said), `tls` (465), or `none` (25)",
    ),
    Setting(
        name="JOBS_SMTP_USER",
        default="",
        read=read_as.plain,
        meaning="the user that the mail server knows; when empty, none is named",
    ),
    Setting(
        name="JOBS_SMTP_PASSWORD",
        default="",
        read=read_as.secret_name,
        meaning="the password of that user, by its name: `{secret:NAME}`",
    ),
    Setting(
        name="JOBS_SMTP_FROM",
        default="",
        read=read_as.sender,
        meaning="from whom e-mail comes: `jobs@example.org`, or `Fanout <jobs@example.org>`",
    ),
    Setting(
        name="JOBS_SMTP_TO",
        default="",
        read=read_as.recipients,
        meaning="addresses and domains that may be written to, with blanks between; when empty, any",
    ),
    Setting(
        name="JOBS_APPRISE",
        default="",
        read=read_as.named_secrets,
        meaning="targets that schedules may tell by Apprise, each by a name, with the secret that is its URL: "
        "`team={secret:TEAM}`, with blanks between",
    ),
    Setting(
        name="JOBS_CLUSTER",
        default="",
        read=read_as.cluster,
        meaning="the scheduler of a Dask cluster for runs `--on cluster`: `tls://host:8786`, or `tcp://127.0.0.1:8786` "
        "on this machine; `processes://4` is one of plain processes here, to try it",
    ),
    Setting(
        name="JOBS_CLUSTER_CERTIFICATES",
        default="",
        read=read_as.file,
        meaning="the folder of the certificates by which the machines of the cluster know each other "
        "(`cluster certificates` makes one)",
    ),
    Setting(
        name="JOBS_WORKER_MEMORY",
        default="2 GiB",
        read=read_as.memory,
        meaning="what each worker may allocate above what it has when it starts; `0` for no limit",
    ),
    Setting(
        name="JOBS_MAX_ITEMS", default="1000000", read=between(int, 1, 10**9), meaning="a run of more items is refused"
    ),
    Setting(
        name="JOBS_MAX_DIGITS",
        default="100000000",
        read=between(int, 1, 10**12),
        meaning="a number of more digits is refused before it is computed",
    ),
    Setting(
        name="JOBS_ACTIVE_RUNS",
        default="4",
        read=between(int, 1, 64),
        meaning="how many runs work at once; whoever has none at work gets a place beyond them, up to as many again",
    ),
    Setting(
        name="JOBS_KEEP_DAYS",
        default="0",
        read=between(float, 0, 36_500),
        meaning="days after its end that a run goes by itself, unless it is pinned; `0`: it stays",
    ),
    Setting(
        name="JOBS_KEEP_BYTES",
        default="0",
        read=read_as.memory,
        meaning="what all runs may take on the disk: beyond it the oldest go that are over and not pinned; "
        "`0`: no limit",
    ),
    Setting(
        name="JOBS_QUOTA_RUNS",
        default="0",
        read=between(int, 0, 10**6),
        meaning="how many runs each owner but the admin may have that are not over; `0`: no limit",
    ),
    Setting(
        name="JOBS_QUOTA_ITEMS",
        default="0",
        read=between(int, 0, 10**12),
        meaning="how many items each owner but the admin may start a day (by UTC); `0`: no limit",
    ),
    Setting(
        name="JOBS_QUOTA_BYTES",
        default="0",
        read=read_as.memory,
        meaning="what the runs of each owner but the admin may take on the disk: nothing is started beyond it; "
        "`0`: no limit",
    ),
    Setting(
        name="JOBS_AUDIT_DAYS",
        default="365",
        read=between(float, 0, 36_500),
        meaning="days that the audit log goes back, by whole months; `0`: to its beginning",
    ),
    Setting(
        name="JOBS_SYNC",
        default="normal",
        read=choice("normal", "full"),
        meaning="`normal`: a power failure can undo what was stored in the last moments, never more; "
        "`full`: it cannot, and each commit waits for the disk",
    ),
    Setting(
        name="JOBS_IDLE",
        default="300",
        read=between(float, 0, 10**7),
        meaning="seconds without work after which the runner leaves; workers are kept warm for a minute of them",
    ),
)

_OF_PAGE = ("JOBS_SIGN_IN", "JOBS_OPEN", "JOBS_PEOPLE", "JOBS_ADMINS", "JOBS_PROXIES")
_QUOTAS = ("JOBS_QUOTA_RUNS", "JOBS_QUOTA_ITEMS", "JOBS_QUOTA_BYTES")
NOT_OF_RUNNER = ("JOBS_HOME", "JOBS_PATH", "JOBS_MAX_ITEMS", "JOBS_AUDIT_DAYS", *_QUOTAS, *_OF_PAGE)
"""Each home has a runner of its own, the code of JOBS_PATH is compared by itself, a submit counts its own items and
those of its owner, who acts notes it, and the page alone asks who sits before it."""
