"""How the texts of environment variables are read. Each raises ValueError for one that cannot be.

Every process reads some of them as it starts: what only few need is loaded where there is something to be read.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.runtime.core import program
from jobs.runtime.core.units import read_size, size

if TYPE_CHECKING:
    from jobs.runtime.core.cluster_address import ClusterAddress
    from jobs.runtime.core.mail_address import MailHost, Sender
    from jobs.runtime.core.proxy_address import ProxyAddress
    from jobs.runtime.core.sign_in import PeopleRule, SignIn

LEAST_MEMORY = 64 * 2**20

_NAMED_SECRET = re.compile(r"(?<![^\s,])([A-Za-z][\w-]{0,63})=(\{secret:[A-Za-z_][A-Za-z0-9_]{0,63}\})(?![^\s,])")


def plain(text: str) -> str:
    """The text itself."""
    return text


def path(text: str) -> Path:
    """A path, made absolute."""
    return Path(text).expanduser().resolve()


def file(text: str) -> Path | None:
    """The same; None: it is empty."""
    return path(text) if text else None


def home(text: str) -> Path:
    """The folder of the store; a checkout has its own, and for an installed Fanout it is among the user's own data."""
    if text:
        _check_links(Path(text).expanduser().absolute())
        return path(text)
    return _of_user("runs") if program.INSTALLED else program.PROJECT / "data" / "runs"


def _check_links(path: Path) -> None:
    """Raises ValueError where another user's symbolic link is on the way: it may be led elsewhere at any time."""
    for part in (path, *path.parents) if hasattr(os, "geteuid") else ():
        with suppress(FileNotFoundError, NotADirectoryError):
            found = part.lstat()
            if stat.S_ISLNK(found.st_mode) and found.st_uid not in (0, os.geteuid()):
                from jobs.runtime.core.private_files import user

                raise ValueError(f"{part} is a symbolic link that belongs to {user(found.st_uid)}")


def folders(text: str) -> tuple[Path, ...]:
    """Folders of jobs: an installed Fanout, whose own is not for its user, has one elsewhere."""
    if program.INSTALLED and not text:
        return (_of_user("jobs"),)
    return paths(text)


def _of_user(name: str) -> Path:
    """A folder of this name among the user's own data, as the system has it; it need not be there yet."""
    import platformdirs

    return platformdirs.user_data_path("fanout", appauthor=False) / name


def paths(text: str) -> tuple[Path, ...]:
    """Paths as the system separates them."""
    return tuple(path(part) for part in text.split(os.pathsep) if part.strip())


def words(text: str) -> tuple[str, ...]:
    """Words with blanks or commas between."""
    return tuple(part for part in text.replace(",", " ").split() if part)


def memory(text: str) -> int:
    """Bytes: `2147483648`, `2 GiB`, `512m`."""
    amount = read_size(text)
    if amount != 0 and amount < LEAST_MEMORY:
        raise ValueError(f"at least {size(LEAST_MEMORY)}, or 0 for no limit; is a unit missing?")
    return amount


def named_secrets(text: str) -> dict[str, str]:
    """Names, each with that of a secret, as in `team={secret:TEAM} ops={secret:OPS}`."""
    found = dict(_NAMED_SECRET.findall(text))
    if _NAMED_SECRET.sub("", text).strip(", "):  # what is left over may be a secret: it is not repeated
        raise ValueError("want NAME={secret:NAME}, with blanks between")
    return found


def between(read: Callable[[str], Any], least: float, most: float) -> Callable[[str], Any]:
    """A number within limits (inclusive)."""

    def read_within(text: str) -> Any:
        number = read(text)
        if not least <= number <= most:
            raise ValueError(f"it must be from {least:,} to {most:,}")
        return number

    return read_within


def choice(*choices: str) -> Callable[[str], str]:
    """One of these words, in small or large letters."""

    def read(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError(f"it is one of {', '.join(choices)}")
        return text.lower()

    return read


def networks(text: str) -> tuple[str, ...]:
    """Networks as texts, each by its first address: `10.1.2.3/16` is `10.1.0.0/16`."""
    if not text:
        return ()
    import ipaddress

    return tuple(str(ipaddress.ip_network(word, strict=False)) for word in words(text))


def page_address(text: str) -> str:
    """The URL of the page as others reach it, without a slash at its end."""
    if not text:
        return ""
    from urllib.parse import urlsplit

    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("want http:// or https:// and a host, as in https://jobs.example.org")
    return text.rstrip("/")


def cluster(text: str) -> ClusterAddress | None:
    """Where a cluster is; None: the text is empty."""
    if not text:
        return None
    from jobs.runtime.core.cluster_address import read_cluster

    return read_cluster(text)


def proxy(text: str) -> ProxyAddress | None:
    """Where a proxy is; None: the text is empty."""
    if not text:
        return None
    from jobs.runtime.core.proxy_address import read_proxy

    return read_proxy(text)


def sign_in(text: str) -> SignIn:
    """How people sign in on the page."""
    from jobs.runtime.core.sign_in import read_sign_in

    return read_sign_in(text)


def people(text: str) -> tuple[PeopleRule, ...]:
    """Which people are named, by their addresses, domains or claims."""
    if not text:
        return ()
    from jobs.runtime.core.sign_in import read_people

    return read_people(text)


def mail_host(text: str) -> MailHost | None:
    """Where a mail server is; None: the text is empty."""
    if not text:
        return None
    from jobs.runtime.core.mail_address import read_mail_host

    return read_mail_host(text)


def sender(text: str) -> Sender | None:
    """From whom e-mail comes; None: the text is empty."""
    if not text:
        return None
    from jobs.runtime.core.mail_address import read_sender

    return read_sender(text)


def recipients(text: str) -> tuple[str, ...]:
    """Addresses and domains that may be written to."""
    if not text:
        return ()
    from jobs.runtime.core.mail_address import read_recipients

    return read_recipients(text)


def secret_name(text: str) -> str:
    """A secret by its name, as in {secret:MAIL}."""
    if not text:
        return ""
    from jobs.runtime.core.mail_address import read_secret_name

    return read_secret_name(text)
