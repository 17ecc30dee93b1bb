"""A system's look-up for the benchmark `names`: Python loads it at its start where PYTHONPATH names this folder.

`host-N.found.test` is an address of the loopback at once; that there is no name below `missing.test` takes 0.5 s.
"""

import socket
import time

MISSING_SECONDS = 0.5

_look_up = socket.getaddrinfo


def getaddrinfo(host, port, *arguments, **keywords):  # type: ignore[no-untyped-def]
    name = host.decode("ascii") if isinstance(host, bytes) else str(host)
    if name.endswith(".missing.test"):
        time.sleep(MISSING_SECONDS)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    if name.endswith(".found.test"):
        number = int(name.removeprefix("host-").removesuffix(".found.test"))
        return _look_up(f"127.0.0.{number + 1}", port, *arguments, **keywords)
    return _look_up(host, port, *arguments, **keywords)


socket.getaddrinfo = getaddrinfo
