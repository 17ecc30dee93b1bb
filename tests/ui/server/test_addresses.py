"""What is answered at addresses that are no page."""

from __future__ import annotations

import pytest

from jobs.ui.server import addresses

PERSON = "text/html,application/xhtml+xml,*/*;q=0.8"
RUN = "6fcfc75c53ffcaa854945e2b5db05bf0"


@pytest.mark.parametrize(
    "path",
    ["/", "/runs", "/runs/", "/run", "/favicon.png", "/static/js/index.js", "/_stcore/health", "/run/_stcore/health"],
)
def test_pages_and_streamlits_own_files_are_left_alone(path: str) -> None:
    accept = "*/*" if path.startswith("/run/_") else PERSON

    assert addresses.elsewhere(path, accept) is None


@pytest.mark.parametrize(
    ("path", "location"),
    [(f"/run/{RUN}", f"../run?run={RUN}"), (f"/run/{RUN}/", f"../../run?run={RUN}"), ("/run/6fcf", "../run?run=6fcf")],
)
def test_the_id_of_a_run_in_the_path_leads_to_it(path: str, location: str) -> None:
    answer = addresses.elsewhere(path, PERSON)

    assert answer is not None
    assert (answer.status_code, answer.headers["location"]) == (307, location)


@pytest.mark.parametrize("path", ["/nothing", "/a/b/c", "/runs/x", "/run/not-an-id", "/a/b.html"])
def test_any_other_address_says_that_no_page_is_there_and_leads_to_the_pages(path: str) -> None:
    answer = addresses.elsewhere(path, PERSON)

    assert answer is not None
    page = bytes(answer.body).decode()
    assert answer.status_code == 404
    assert f"{path} is no address of Fanout." in page
    up = "../" * (path.count("/") - 1) or "./"
    assert f'<a href="{up}runs">Runs</a>' in page


def test_nothing_of_an_address_becomes_an_element() -> None:
    answer = addresses.elsewhere("/<img src=x onerror=alert(1)>", PERSON)

    assert answer is not None
    assert "<img" not in bytes(answer.body).decode()
