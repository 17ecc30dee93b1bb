"""Signing in on the page: through a real provider, in a real browser, as an owner, a stranger and an admin."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from jobs.runtime import client
from jobs.runtime.core.people import Person, acting_as
from jobs.runtime.core.records import Item, Run
from tests.browser.conftest import PATIENCE, SHOTS, settle
from tests.support.openid_provider import Provider, openid_provider
from tests.support.page_server import serving
from tests.support.processes import end_processes_of
from tests.support.signing_proxy import signing_proxy

ANN, BOB, BOSS = "ann@example.org", "bob@example.org", "boss@other.net"
PAGE = [sys.executable, "-m", "jobs", "page", "--no-browser", "--port", "{port}"]


@dataclass
class SignInSite:
    address: str
    provider: Provider


@pytest.fixture
def sign_in_site(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SignInSite]:
    """A page that people sign in to."""
    folder = tmp_path / "served"
    (folder / ".streamlit").mkdir(parents=True)
    people = {"JOBS_SIGN_IN": "openid", "JOBS_ADMINS": BOSS, "JOBS_PEOPLE": "@example.org"}
    with openid_provider() as provider:
        (folder / ".streamlit" / "secrets.toml").write_text(provider.secrets_toml("http://localhost:{port}"), "utf-8")
        with serving(PAGE, folder, {**os.environ, **people}) as server:
            yield SignInSite(server.origin, provider)
    end_processes_of(home)


@pytest.fixture
def hers(home: Path) -> Run:
    with acting_as(Person(owner=ANN)):
        return client.wait(client.submit("factorial", [Item(cell="5")], name="hers alone").id, 60)


def tab(browser: Browser, site: SignInSite, email: str) -> Page:
    """A browser of its own that has signed in."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    site.provider.claims = {"email": email, "email_verified": True}
    page.goto(site.address)
    page.get_by_role("button", name="Sign in").click()
    return page


def test_people_sign_in_see_their_own_and_sign_out(browser: Browser, sign_in_site: SignInSite, hers: Run) -> None:
    run = f"{sign_in_site.address}/run?run={hers.id}"
    out = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    out.goto(run)
    expect(out.get_by_role("heading", name="Sign in")).to_be_visible(timeout=PATIENCE)
    settle(out)
    assert "hers alone" not in out.content()
    _shoot(out, "sign-in")

    ann = tab(browser, sign_in_site, ANN)
    expect(ann.get_by_text(ANN)).to_be_visible()
    ann.goto(run)
    expect(ann.get_by_role("heading", name="hers alone")).to_be_visible()
    expect(ann.get_by_text(ANN)).to_be_visible()
    settle(ann)
    _shoot(ann, "signed-in")

    bob = tab(browser, sign_in_site, BOB)
    expect(bob.get_by_text(BOB)).to_be_visible()
    bob.goto(run)
    expect(bob.get_by_text(f"There is no run {hers.id}")).to_be_visible()
    bob.goto(f"{sign_in_site.address}/runs")
    expect(bob.get_by_text(BOB)).to_be_visible()
    settle(bob)
    assert "hers alone" not in bob.content()

    boss = tab(browser, sign_in_site, BOSS)
    expect(boss.get_by_text(f"{BOSS} · admin")).to_be_visible()
    boss.goto(run)
    expect(boss.get_by_role("heading", name="hers alone")).to_be_visible()

    ann.get_by_role("button", name="Sign out").click()
    expect(ann.get_by_role("heading", name="Sign in")).to_be_visible()
    ann.goto(run)
    expect(ann.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_link_shows_one_run_to_who_has_not_signed_in(browser: Browser, sign_in_site: SignInSite, hers: Run) -> None:
    with acting_as(Person(owner=ANN)):
        link = client.share_run(hers.id)
    reader = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    expect.set_options(timeout=PATIENCE)

    reader.goto(f"{sign_in_site.address}/run?run={hers.id}&shared={link}")
    expect(reader.get_by_role("heading", name="hers alone")).to_be_visible()
    settle(reader)
    assert reader.get_by_role("button", name="More").count() == 0
    assert ANN not in reader.content()
    _shoot(reader, "shared")
    with reader.expect_download() as got:
        reader.get_by_role("button", name="CSV").click()
    assert "120" in Path(got.value.path()).read_text("utf-8")
    reader.goto(f"{sign_in_site.address}/runs?shared={link}")
    expect(reader.get_by_text("It leads to one run, and to nothing else")).to_be_visible()
    reader.goto(f"{sign_in_site.address}/runs")
    expect(reader.get_by_role("heading", name="Sign in")).to_be_visible()

    ann = tab(browser, sign_in_site, ANN)
    expect(ann.get_by_text(ANN)).to_be_visible()
    ann.goto(f"{sign_in_site.address}/run?run={hers.id}")
    ann.get_by_role("button", name="More").click()
    ann.get_by_text("Share", exact=True).click()
    expect(ann.get_by_text("1 link, the last until")).to_be_visible()
    ann.get_by_role("button", name="Make a link").click()
    expect(ann.get_by_text("Copy it now")).to_be_visible()
    made = ann.get_by_role("dialog").locator("code").inner_text()
    ann.get_by_role("button", name="Take all links back").click()
    expect(ann.get_by_role("dialog")).to_have_count(0)
    for address in (made, f"{sign_in_site.address}/run?run={hers.id}&shared={link}"):
        assert address.startswith(f"{sign_in_site.address}/run?run={hers.id}&shared=")
        reader.goto(address)
        expect(reader.get_by_text("It has ended, or was taken back")).to_be_visible()


def test_people_make_see_and_revoke_tokens_of_their_own(browser: Browser, sign_in_site: SignInSite, hers: Run) -> None:
    def answered(text: str) -> int:
        asked = f"{sign_in_site.address}/api/runs/{hers.id}"
        return requests.get(asked, headers={"Authorization": f"Bearer {text}"}, timeout=PATIENCE / 1_000).status_code

    ann = tab(browser, sign_in_site, ANN)
    ann.get_by_role("button", name="API tokens").click()
    dialog = ann.get_by_role("dialog")
    made = {}
    for name in ("nightly", "no name"):
        dialog.get_by_role("textbox", name="Name").fill(name)
        dialog.get_by_role("textbox", name="Name").blur()
        dialog.get_by_role("button", name="Make a token").click()
        if name == "nightly":
            expect(dialog.get_by_text("Copy it now")).to_be_visible()
            made[ANN] = dialog.locator("code").inner_text()
            expect(dialog.get_by_text("nightly · read · not used yet")).to_be_visible()
            settle(ann)
            _shoot(ann, "tokens")
    expect(dialog.get_by_text("'no name' is no name of a token")).to_be_visible()
    expect(dialog.locator("code")).to_have_count(0)

    for who in (BOB, BOSS):
        other = tab(browser, sign_in_site, who)
        other.get_by_role("button", name="API tokens").click()
        theirs = other.get_by_role("dialog")
        theirs.get_by_role("textbox", name="Name").fill("nightly")
        theirs.get_by_role("textbox", name="Name").blur()
        theirs.get_by_role("button", name="Make a token").click()
        expect(theirs.get_by_text("Copy it now")).to_be_visible()
        made[who] = theirs.locator("code").inner_text()
        expect(theirs.get_by_text("nightly · read")).to_have_count(1)

    assert {who: answered(text) for who, text in made.items()} == {ANN: 200, BOB: 404, BOSS: 404}
    assert {one.owner for one in client.all_tokens()} == set(made)
    ann.reload()
    ann.get_by_role("button", name="API tokens").click()
    expect(dialog.get_by_text("nightly · read · last used")).to_be_visible()
    expect(dialog.locator("code")).to_have_count(0)
    dialog.get_by_role("button", name="Revoke").click()
    expect(dialog.get_by_text("nightly · read")).to_have_count(0)
    assert (answered(made[ANN]), answered(made[BOB])) == (401, 404)


def test_who_may_not_sign_in_is_told_so(browser: Browser, sign_in_site: SignInSite) -> None:
    stranger = tab(browser, sign_in_site, "eve@elsewhere.net")

    expect(stranger.get_by_text("This account may not use this page")).to_be_visible()
    stranger.get_by_role("button", name="Sign out").click()
    expect(stranger.get_by_role("button", name="Sign in")).to_be_visible()


def test_people_whom_a_proxy_names_see_their_own(browser: Browser, home: Path, tmp_path: Path, hers: Run) -> None:
    (tmp_path / "served").mkdir()
    people = {"JOBS_SIGN_IN": "header X-Forwarded-Email", "JOBS_ADMINS": BOSS, "JOBS_PEOPLE": "@example.org"}
    expect.set_options(timeout=PATIENCE)

    def seen_by(origin: str, **forged: str) -> Page:
        page = browser.new_context(viewport={"width": 1440, "height": 900}, extra_http_headers=forged).new_page()
        page.goto(f"{origin}/run?run={hers.id}")
        return page

    with serving(PAGE, tmp_path / "served", {**os.environ, **people}) as server, contextlib.ExitStack() as stack:
        ann, bob, boss, eve = (
            stack.enter_context(signing_proxy(server.port, "X-Forwarded-Email", email))
            for email in (ANN, BOB, BOSS, "eve@elsewhere.net")
        )
        own = seen_by(ann)
        expect(own.get_by_role("heading", name="hers alone")).to_be_visible()
        expect(own.get_by_text(ANN)).to_be_visible()
        assert own.get_by_role("button", name="Sign out").count() == 0
        with own.expect_download() as got:
            own.get_by_role("button", name="CSV").click()
        assert "120" in Path(got.value.path()).read_text("utf-8")
        expect(seen_by(boss).get_by_role("heading", name="hers alone")).to_be_visible()
        forging = seen_by(bob, **{"X-Forwarded-Email": ANN})
        expect(forging.get_by_text(f"There is no run {hers.id}")).to_be_visible()
        expect(forging.get_by_text(BOB)).to_be_visible()
        for nobody in (seen_by(eve), seen_by(server.origin)):
            expect(nobody.get_by_text("Nobody is signed in at the proxy before this page")).to_be_visible()
            assert "hers alone" not in nobody.content()
    end_processes_of(home)


def _shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(exist_ok=True)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(300)
            page.screenshot(path=SHOTS / f"{name}-{scheme}-{width}.png")
            assert Axe().run(page).response["violations"] == []
    page.set_viewport_size({"width": 1440, "height": 900})
