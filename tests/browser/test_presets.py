"""Presets in a real browser: saved, renamed and deleted in dialogs, of which two tabs may be open."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Site, Watch, go, open_tab


def attempts(page: Page):
    return page.get_by_role("spinbutton", name="Attempts")


def save_as(page: Page, name: str) -> None:
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill(name)
    dialog.get_by_role("button", name="Save", exact=True).click()


def opened(page: Page, site: Site) -> Page:
    go(page, f"{site.address}/?job=factorial")
    page.get_by_text("How to run", exact=True).click()
    expect(attempts(page)).to_be_visible()
    return page


def say(page: Page, number: str) -> None:
    attempts(page).fill(number)
    attempts(page).press("Enter")


def pick(page: Page, entry: str) -> None:
    page.get_by_role("button", name="Preset", exact=True).click()
    page.get_by_role("menuitem", name=entry).click()


def test_a_preset_is_saved_renamed_and_deleted(site: Site, page: Page) -> None:
    opened(page, site)
    say(page, "4")
    page.get_by_role("button", name="Save as a preset").click()
    save_as(page, "<b>four</b> *times*")

    chosen = page.get_by_role("combobox", name="Preset")
    expect(chosen).to_have_value("<b>four</b> *times*")
    expect(attempts(page)).to_have_value("4")
    pick(page, "Save as")
    save_as(page, " <b>four</b>  *times* ")
    expect(page.get_by_role("dialog").get_by_text("there is a preset '<b>four</b> *times*' already")).to_be_visible()
    save_as(page, "other")
    expect(chosen).to_have_value("other")

    pick(page, "Rename")
    page.get_by_role("dialog").get_by_role("textbox", name="Name").fill("renamed")
    page.get_by_role("dialog").get_by_role("button", name="Rename", exact=True).click()
    expect(chosen).to_have_value("renamed")
    expect(attempts(page)).to_have_value("4")
    pick(page, "Delete")
    page.get_by_role("button", name="Delete it").click()
    expect(chosen).to_have_value("None: as the job has it")


def test_of_two_tabs_the_second_is_told(site: Site, page: Page, context: BrowserContext, watch: Watch) -> None:
    opened(page, site)
    say(page, "5")
    page.get_by_role("button", name="Save as a preset").click()
    save_as(page, "shared")
    expect(page.get_by_role("combobox", name="Preset")).to_have_value("shared")
    other = opened(open_tab(context, watch), site)
    other.get_by_role("combobox", name="Preset").click()
    other.get_by_role("option", name="shared").click()
    expect(attempts(other)).to_have_value("5")

    for tab, number in ((page, "6"), (other, "7")):
        say(tab, number)
        expect(tab.get_by_text(f"Differs: attempts 5 → {number}")).to_be_visible()
        pick(tab, "Save the changes")
        if tab is page:
            expect(tab.get_by_text("Differs:")).to_have_count(0)  # it is kept, before the other tab asks for that
    expect(other.get_by_text("was changed meanwhile, in another tab")).to_be_visible()

    expect(attempts(other)).to_have_value("7")
    expect(attempts(page)).to_have_value("6")
    expect(page.get_by_text("Differs:")).to_have_count(0)
