"""Text areas that count while a person types, a Start that loses no click, files that are too large: Streamlit's own
widgets, watched.

Streamlit takes a text over when its field loses the focus, which is when a button is pressed: the page is drawn anew
between the two halves of the click. Here a pause in typing takes it over, with the key that Streamlit itself
understands (Control and Enter), and a press on a button that is not yet enabled is kept while the page is still being
drawn from what was typed.
"""

from __future__ import annotations

import streamlit as st

PAUSE = 250
"""Milliseconds without a key after which what was typed counts."""

SETTLED = 500
"""Milliseconds of a page at rest after which a press on a button that is still disabled is forgotten."""

_SCRIPT = """
const dirty = new Map();
let kept = null;
let told = null;

function commit(area) {
  clearTimeout(dirty.get(area));
  dirty.delete(area);
  area.dispatchEvent(new KeyboardEvent("keydown", {
    key: "Enter", code: "Enter", keyCode: 13, ctrlKey: true, bubbles: true, cancelable: true,
  }));
}

function typed(event) {
  const area = event.target;
  if (!(area instanceof HTMLTextAreaElement) || event.isComposing) return;
  clearTimeout(dirty.get(area));
  dirty.set(area, setTimeout(() => commit(area), PAUSE));
}

function left(event) {
  clearTimeout(dirty.get(event.target));
  setTimeout(() => dirty.delete(event.target), PAUSE);
}

function within(button, event) {
  const box = button.getBoundingClientRect();
  return event.clientX >= box.left && event.clientX <= box.right
    && event.clientY >= box.top && event.clientY <= box.bottom;
}

function drawing() {
  return document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "running";
}

function pressed(event) {
  const button = document.querySelector(".st-key-start button");
  if (!button || !button.disabled || !(dirty.size || drawing()) || !within(button, event)) return;
  [...dirty.keys()].forEach(commit);
  clearInterval(kept);
  let last = Date.now();
  kept = setInterval(() => {
    const now = document.querySelector(".st-key-start button");
    if (dirty.size || drawing()) last = Date.now();
    if (!now || !now.disabled || Date.now() - last > SETTLED) clearInterval(kept);
    if (now && !now.disabled) now.click();
  }, 30);
}

function weigh(event, most, tell) {
  if (event.type === "click") {
    const button = event.target instanceof Element && event.target.closest("[data-testid=stFileUploader] button");
    if (button && /^(Remove|Delete)/.test(button.ariaLabel ?? "")) tell(null);
    return;
  }
  const files = event.type === "drop" ? event.dataTransfer?.files : event.target.files;
  if (files?.length) tell(files[0].size > most ? { name: files[0].name, size: files[0].size } : null);
}

export default function ({ data, setStateValue }) {
  const tell = (file) => {  // only what is new: each word makes the page be drawn anew, and an upload is going on
    if (file || told) setStateValue("too_large", (told = file));
  };
  const weighed = (event) => weigh(event, data.most, tell);
  const chosen = ["change", "drop", "click"];
  chosen.forEach((name) => document.addEventListener(name, weighed, true));
  document.addEventListener("input", typed, true);
  document.addEventListener("compositionend", typed, true);
  document.addEventListener("focusout", left, true);
  window.addEventListener("pointerdown", pressed, true);
  typed({ target: document.activeElement });  // what was typed before this was there
  return () => {
    document.removeEventListener("input", typed, true);
    document.removeEventListener("compositionend", typed, true);
    document.removeEventListener("focusout", left, true);
    window.removeEventListener("pointerdown", pressed, true);
    chosen.forEach((name) => document.removeEventListener(name, weighed, true));
  };
}
"""

_mount = st.components.v2.component("live_text", js=f"const PAUSE = {PAUSE}, SETTLED = {SETTLED};{_SCRIPT}")


def watch(most: int) -> None:
    """Have this page's text areas count while they are typed in, and note files of more bytes. It shows nothing."""
    with st.container(key="scripts"):
        _mount(key="live_text", data={"most": most}, height=1, on_too_large_change=lambda: None)


def too_large() -> tuple[str, int] | None:
    """Name and bytes of a file that was chosen last and is too large: Streamlit's widget keeps it to itself."""
    file = (st.session_state.get("live_text") or {}).get("too_large")
    return (str(file["name"]), int(file["size"])) if file else None
