"""The address of a cluster, as the setting JOBS_CLUSTER gives it, and the certificates by which its machines know each
other."""

from __future__ import annotations

import importlib.util
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from jobs.runtime.core import program
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.web_names import is_loopback

ROLES = ("scheduler", "worker", "runner")
AUTHORITY = "authority.pem"
INSTALL = "pip install 'fanout-jobs[cluster]', in a checkout pip install -e '.[cluster]'"


@dataclass(frozen=True, kw_only=True)
class ClusterAddress:
    """Where a cluster is: its scheme (tls, tcp or processes), the host and port of its scheduler; or how many agents
    run at once as plain processes of this machine."""

    scheme: str
    host: str = ""
    port: int = 0
    count: int = 0

    def __str__(self) -> str:
        if self.scheme == "processes":
            return f"processes://{self.count}"
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def on_this_machine(self) -> bool:
        """Whether it has this machine's own addresses alone."""
        return self.scheme == "processes" or is_loopback(self.host)

    def own_address(self) -> str:
        """The address of this machine under which the machines of the cluster reach it. Raises OSError."""
        if self.on_this_machine:
            return "127.0.0.1"
        family, kind, protocol, _, there = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as asking:
            asking.connect(there)  # sends nothing: the system says by which way it would go
            return str(asking.getsockname()[0])

    def certificates(self, folder: Path | None) -> dict[str, dict[str, str]]:
        """The files by which each role is known; none where there is no folder and it is on this machine. Raises
        Refused."""
        if folder is None and self.scheme != "tls":
            return {}
        if folder is None:
            raise Refused(f"{self} needs certificates: set JOBS_CLUSTER_CERTIFICATES to their folder ({MAKE})")
        found = {role: files(folder, role) for role in ROLES}
        lacking = [path for path in found["runner"].values() if not Path(path).is_file()]
        if lacking:
            raise Refused(f"there is no file {lacking[0]}: JOBS_CLUSTER_CERTIFICATES names its folder ({MAKE})")
        return found


MAKE = f"{program.NAME} cluster certificates DIR makes one"


def files(folder: Path, role: str) -> dict[str, str]:
    """Where the certificates of a role are."""
    names = {"authority": AUTHORITY, "certificate": f"{role}.pem", "key": f"{role}-key.pem"}
    return {name: str(folder / file) for name, file in names.items()}


def read_cluster(text: str) -> ClusterAddress | None:
    """From `tls://scheduler:8786`, `tcp://127.0.0.1:8786` or `processes://4`; None from an empty text. Raises
    ValueError with the reason."""
    if not text:
        return None
    parts = urlsplit(text)
    if parts.scheme == "processes":
        if not (parts.netloc.isdigit() and 1 <= int(parts.netloc) <= 1_000 and parts.path in ("", "/")):
            raise ValueError("write how many processes: processes://4")
        return ClusterAddress(scheme="processes", count=int(parts.netloc))
    if parts.scheme not in ("tls", "tcp") or not parts.hostname or parts.path not in ("", "/"):
        raise ValueError("write tls://HOST:PORT, or tcp://127.0.0.1:PORT on this machine alone")
    address = ClusterAddress(scheme=parts.scheme, host=parts.hostname, port=parts.port or 8786)
    if address.scheme == "tcp" and not address.on_this_machine:
        raise ValueError("without TLS all that travels could be read and changed on the way: tls:// it must be there")
    return address


def check(address: ClusterAddress | None, certificates: Path | None) -> ClusterAddress:
    """The address. Raises Refused: a run cannot go to that cluster, and what to do."""
    if address is None:
        raise Refused("no cluster is named: set JOBS_CLUSTER, to tls://scheduler:8786 for example")
    address.certificates(certificates)
    if address.scheme != "processes" and importlib.util.find_spec("distributed") is None:
        raise Refused(f"a Dask cluster needs the package distributed: {INSTALL}")
    return address
