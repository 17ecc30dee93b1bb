"""Every environment variable Fanout reads, with its default: one table."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.runtime.core import mail_address, program
from jobs.runtime.core import setting_readers as read_as
from jobs.runtime.core.cluster_address import read_cluster
from jobs.runtime.core.errors import BadSetting
from jobs.runtime.core.private_files import user
from jobs.runtime.core.proxy_address import read_proxy
from jobs.runtime.core.setting_readers import between, choice
from jobs.runtime.core.sign_in import read_people, read_sign_in

PROJECT = program.SHIPPED if program.INSTALLED else Path(__file__).resolve().parents[3]
"""The folder of samples, page and configuration: that which holds `jobs/`, or of an installed Fanout a copy."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One environment variable: how its text is read, what holds without it, what it means."""

    name: str
    default: str
    read: Callable[[str], Any]
    meaning: str


def _home(text: str) -> Path:
    if text:
        _check_links(Path(text).expanduser().absolute())
        return read_as.path(text)
    return of_user("runs") if program.INSTALLED else PROJECT / "data" / "runs"


def _folders(text: str) -> tuple[Path, ...]:
    """An installed Fanout, whose own folder of jobs is not for its user, has one elsewhere."""
    if program.INSTALLED and not text:
        return (of_user("jobs"),)
    return read_as.paths(text)


def _check_links(path: Path) -> None:
    """Raises ValueError where another user's symbolic link is on the way: it may be led elsewhere at any time."""
    for part in (path, *path.parents) if hasattr(os, "geteuid") else ():
        with suppress(FileNotFoundError, NotADirectoryError):
            found = part.lstat()
            if stat.S_ISLNK(found.st_mode) and found.st_uid not in (0, os.geteuid()):
                raise ValueError(f"{part} is a symbolic link that belongs to {user(found.st_uid)}")


def of_user(name: str) -> Path:
    """A folder of this name among the user's own data, as the system has it; it need not be there yet."""
    import platformdirs

    return platformdirs.user_data_path("fanout", appauthor=False) / name


SETTINGS: tuple[Setting, ...] = (
    Setting(
        name="JOBS_HOME",
        default="",
        read=_home,
        meaning="where the store, the artifacts and the log are; when empty, `data/runs` of a checkout, "
        "and `fanout/runs` in the user's data folder for an installed Fanout",
    ),
    Setting(
        name="JOBS_PATH",
        default="",
        read=_folders,
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
        read=read_sign_in,
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
        read=read_people,
        meaning="who may sign in: e-mail addresses, `@example.org` for all of a domain, `claim=value`; "
        "when empty, all whom the provider knows",
    ),
    Setting(
        name="JOBS_ADMINS",
        default="",
        read=read_people,
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
        read=read_proxy,
        meaning="a proxy that the scraper goes through: `http://`, `https://` or `socks5://user:password@host:port`",
    ),
    Setting(
        name="JOBS_PAGE_URL",
        default="",
        read=read_as.page_address,
        meaning="where the page is reached, as in `https://jobs.example.org`: for links in what schedules tell",
    ),
    Setting(
        name="JOBS_SMTP",
        default="",
        read=mail_address.read_mail_host,
        meaning="the mail server that takes what schedules tell by e-mail: a host, or a host and a port",
    ),
    Setting(
        name="JOBS_SMTP_TLS",
        default="starttls",
        read=choice(*mail_address.PORTS),
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
        read=mail_address.read_secret_name,
        meaning="the password of that user, by its name: `{secret:NAME}`",
    ),
    Setting(
        name="JOBS_SMTP_FROM",
        default="",
        read=mail_address.read_sender,
        meaning="from whom e-mail comes: `jobs@example.org`, or `Fanout <jobs@example.org>`",
    ),
    Setting(
        name="JOBS_SMTP_TO",
        default="",
        read=mail_address.read_recipients,
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
        read=read_cluster,
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
_NOT_OF_RUNNER = ("JOBS_HOME", "JOBS_PATH", "JOBS_MAX_ITEMS", "JOBS_AUDIT_DAYS", *_QUOTAS, *_OF_PAGE)
"""Each home has a runner of its own, the code of JOBS_PATH is compared by itself, a submit counts its own items and
those of its owner, who acts notes it, and the page alone asks who sits before it."""

_UNREPEATED = ("JOBS_SMTP", "JOBS_SMTP_PASSWORD", "JOBS_APPRISE")
"""What cannot be read may be a secret that was given as it is."""

_BY_NAME = {setting.name: setting for setting in SETTINGS}


def value(name: str) -> Any:
    """What a setting says now.

    Raises KeyError for a name that is not in the table, BadSetting for a text that cannot be read.
    """
    setting = _BY_NAME[name]
    text = environment().get(name, "").strip() or setting.default
    try:
        return setting.read(text)
    except (ValueError, OverflowError, RuntimeError, OSError) as error:
        shown = "…" if name in _UNREPEATED else re.sub(r"//[^/]*@", "//…@", text)[:200]  # no password is repeated
        raise BadSetting(f"{name}={shown!r} cannot be read ({error}): {setting.meaning}") from None


def environment() -> Mapping[str, str]:
    """The environment variables that are gone by."""
    return _kept or os.environ


def keep() -> None:
    """Go by the environment as it is now, whatever becomes of it: a job may change or clear it in its worker."""
    _kept.update(os.environ)


_kept: dict[str, str] = {}


def handed_on() -> dict[str, str]:
    """The environment for a process that starts in another folder: what names files is absolute there."""
    texts: dict[str, str] = {}
    for setting in SETTINGS:
        found = value(setting.name) if environment().get(setting.name, "").strip() else None
        if isinstance(found, Path):
            texts[setting.name] = str(found)
        elif isinstance(found, tuple) and all(isinstance(path, Path) for path in found):
            texts[setting.name] = os.pathsep.join(map(str, found))
    return {**environment(), **texts}


def for_another_machine() -> dict[str, str]:
    """What is set here and holds for the workers of a cluster too: not which folders there are, nor which networks its
    machines may reach, nor how people are told."""
    telling = {name for name in _BY_NAME if name.startswith("JOBS_SMTP")} | {"JOBS_PAGE_URL", "JOBS_APPRISE"}
    own = {*telling, *_NOT_OF_RUNNER, "JOBS_ALLOW_NETS", "JOBS_SECRETS", "JOBS_CLUSTER", "JOBS_CLUSTER_CERTIFICATES"}
    names = {setting.name for setting in SETTINGS} - own
    return {name: text for name, text in environment().items() if name in names}


def check() -> None:
    """Read every setting once. Raises BadSetting for the first that cannot be read, before anything depends on it."""
    for setting in SETTINGS:
        value(setting.name)


def of_runner() -> str:
    """What a runner and its workers go by, as one text: equal when all those settings mean the same; of the secrets of
    the environment only their names."""
    names = [setting.name for setting in SETTINGS if setting.name not in _NOT_OF_RUNNER]
    secret = sorted(name for name in environment() if name.startswith("JOBS_SECRET_"))
    return " ".join([*(f"{name}={value(name)}" for name in names), *secret])


def job_path(own: str) -> list[str]:
    """Where modules of the package are looked for: in its own folder, among its demonstrations, and in JOBS_PATH."""
    return list(dict.fromkeys([own, str(Path(own, "demos")), *job_folders()]))


def job_folders() -> list[str]:
    """The folders of JOBS_PATH; of those that hold when it is empty, only those that are there."""
    named = bool(environment().get("JOBS_PATH", "").strip())
    return [str(folder) for folder in value("JOBS_PATH") if named or folder.is_dir()]


def home() -> Path:
    """The folder of the store, the artifacts and the log."""
    return Path(value("JOBS_HOME"))
