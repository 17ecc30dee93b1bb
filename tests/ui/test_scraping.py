"""What the pages show of scraping alone: secrets that they do not show, refusals, and pages as one file."""

from __future__ import annotations

import json

from jobs.runtime import client
from jobs.runtime.core.records import Item, RunState
from jobs.runtime.store import runs
from tests.ui.conftest import Open, Stage, checked, marked_up, texts

SECRET = "s3cret-0f-mine"


def test_secret_params_are_filled_in_nowhere(new_run: Open, visit: Open, stage: Stage) -> None:
    params = {"headers": [f"X-Key: {SECRET}"], "user_agent": "Me/1"}
    run = client.submit("scrape", [Item(cell="http://10.0.0.1/")], params=params)

    edited = new_run(again=run.id)
    shown = visit("run", run=run.id, tab="Settings")

    areas = {area.label: area.value for area in edited.text_area}
    assert areas["More headers, one per line"] == ""
    assert next(entry.value for entry in edited.text_input if entry.label.startswith("Who asks")) == "Me/1"
    settings = shown.dataframe[-1].value.set_index("setting")["value"]
    assert settings["headers"] == "(hidden)"
    assert SECRET not in marked_up(edited) + texts(edited) + marked_up(shown) + texts(shown)


def test_a_run_that_paused_for_refusals_says_so_and_offers_what_can_be_done(visit: Open, stage: Stage) -> None:
    run = stage.run(job="scrape", cells=["http://10.0.0.1/"] * 2, state=RunState.PAUSED, done=1)
    with stage.store.write() as db:
        runs.change(db, runs.find(db, run.id).number, error="paused: 31 of the last 60 answers were refusals")

    app = visit("run", run=run.id)

    assert "31 of the last 60 answers were refusals" in texts(app)
    assert [app.button(key=key).label for key in ("resume", "cancel")] == ["Resume", "Cancel"]


def test_kept_pages_are_offered_as_one_file(visit: Open, stage: Stage) -> None:
    run = stage.run(job="scrape", cells=["http://10.0.0.1/"], row={"page_warc": "artifacts/x/1-1-page.warc.gz"})
    columns = [vars(column) for column in client.columns("scrape", {"save_pages": True})]
    with stage.store.write() as db:
        db.execute("UPDATE runs SET columns = ?", (json.dumps(columns),))

    app = visit("run", run=run.id)

    assert app.download_button(key="download_warc_gz").label == "All in one (.warc.gz)"


def test_fields_tried_on_one_row_stand_first_with_what_they_look_for_found_or_not(new_run: Open, stage: Stage) -> None:
    app = new_run(job="scrape")
    app.text_area(key="text:scrape").set_value("http://10.0.0.1/")
    app = checked(app.run())
    field = next(area for area in app.text_area if area.label == "Own columns")
    field.set_value("price = json Product.offers.price\nsizes = table #sizes\nnone = .none")
    app = checked(app.run())

    app.button(key="dry_run").click()
    checked(app.run())
    (run,) = client.runs()
    row = {
        "status": 200,
        "title": "Kettle",
        "field_price": "19.90",
        "field_sizes": [{"Größe": "S"}],
        "field_none": None,
    }
    stage.finish(run, row)
    app = checked(app.run())

    assert [block.value for block in app.code][:4] == ["19.90", '[\n {\n  "Größe": "S"\n }\n]', "–", "200"]
    captions = [caption.value.replace("\\", "").replace("\u2060", "") for caption in app.caption]
    assert "field_price: the first JSON-LD or microdata Product.offers.price" in captions
