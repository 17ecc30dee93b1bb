"""The start of the page's server, in whatever folder: every option of the shipped configuration is handed to it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from streamlit.web.cli import main_run

from jobs.runtime.core import settings
from jobs.ui.server import signed_in

EVERYWHERE = ("", "0.0.0.0", "::")
"""Addresses to listen on that are no address to go to."""


def serve(given: Sequence[str] = ()) -> None:
    """Serve the page until Ctrl-C or SIGTERM, with these further options of `streamlit run`.

    What is given goes before the environment (`STREAMLIT_SERVER_PORT`), and that before the shipped configuration.
    Raises Refused where it would be open to whoever asks, click.ClickException for an option that Streamlit does not
    know, SystemExit when it cannot listen.
    """
    address = _given("server.address", given)
    signed_in.check_served(_shipped()["server.address"] if address is None else address)
    script = settings.PROJECT / "streamlit_app.py"
    main_run.main([str(script), *options(given)], prog_name="streamlit run", standalone_mode=False)


def options(given: Sequence[str]) -> list[str]:
    """All options for Streamlit's command line: the given ones, after what is shipped and said nowhere else."""
    shipped = _shipped()
    address = _given("server.address", given)
    if address is not None:
        shipped["browser.serverAddress"] = "localhost" if address in EVERYWHERE else address
    left = {name: value for name, value in shipped.items() if _given(name, given) is None}
    return [word for name, value in left.items() for word in _words(name, value)] + list(given)


def _shipped() -> dict[str, Any]:
    """The options of .streamlit/config.toml by their full names."""
    with (settings.PROJECT / ".streamlit" / "config.toml").open("rb") as file:
        return dict(_flat(tomllib.load(file)))


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _given(name: str, given: Sequence[str]) -> str | None:
    """What the command line or else the environment says of an option; None: nothing."""
    said = os.environ.get(_VARIABLES.get(f"--{name}", ""))
    for word, after in zip_longest(given, given[1:], fillvalue=""):
        flag, equals, value = word.partition("=")
        if flag == f"--{name}":
            said = value if equals else after
    return said


_VARIABLES = {option.opts[0]: str(option.envvar) for option in main_run.params if option.opts}
"""The environment variable of each option, as Streamlit's own command line has them."""


def _words(name: str, value: Any) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        yield f"--{name}={str(one).lower() if isinstance(one, bool) else one}"
