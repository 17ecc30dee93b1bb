const GRID = "[data-testid=stDataFrame]";

function leave(event) {
  const grid = event.key === "Tab" && event.target instanceof Element && event.target.closest(GRID);
  if (!grid || event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) return;
  event.stopImmediatePropagation();
}

function focusHeading(left) {
  const heading = document.querySelector(".st-key-header h2");
  if (!heading) return left > 0 && setTimeout(() => focusHeading(left - 1), 50);
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

// Where each page was scrolled to when a person did something, so that Back leads there; Streamlit scrolls its own
// element, not the window, and to the top before it goes over to another page.
const places = new Map();
const main = () => document.querySelector("[data-testid=stMain]");

function here() {
  const run = new URLSearchParams(location.search).get("run");
  return location.pathname.endsWith("/run") ? `run ${run}` : location.pathname;
}

function note() {
  stopComing();
  if (main()) places.set(here(), main().scrollTop);
}

let coming = 0;

function comeBack() {
  const wanted = places.get(here()) ?? 0, until = Date.now() + 4000;
  stopComing();
  coming = setInterval(() => {
    const area = main();
    if (area && area.scrollHeight - area.clientHeight >= wanted) area.scrollTop = wanted;
    if (Date.now() > until) stopComing();
  }, 50);
}

function stopComing() {
  clearInterval(coming);
}

if (!window.fanoutPlaces) {
  window.fanoutPlaces = places;
  for (const done of ["pointerdown", "click", "keydown"]) window.addEventListener(done, note, true);
  window.addEventListener("wheel", stopComing, { passive: true });
  window.addEventListener("popstate", comeBack);
  setInterval(look, 300);
}

// While the server is away, a sentence of ours in place of Streamlit's dialog about "streamlit run yourscript.py".
const AWAY = "The page's server is away. Runs go on without it; this page comes back by itself as soon as it does.";
const PATIENCE = 1500;
const OPENED = "body > :not(#root) :is([role=menu], [role=listbox], [role=tooltip])";
let awaySince = 0;
let chosenTab = null;

function look() {
  const app = document.querySelector("[data-testid=stApp]");
  const away = app && app.dataset.testConnectionState !== "CONNECTED";
  awaySince = away ? awaySince || Date.now() : 0;
  const dialog = document.querySelector("[data-testid=stDialog]:has([data-testid=stErrorCodeBlock])");
  dialog?.querySelector("button[aria-label=Close]")?.click();
  for (const zone of document.querySelectorAll("[data-testid=stFileUploaderDropzone][role=presentation]")) {
    zone.setAttribute("role", "group");  // it has a name and the focus: for those who hear the page it is there
  }
  const tab = document.querySelector("[role=tab][aria-selected=true]"), tabs = tab?.parentElement;
  if (tab && tab !== chosenTab) {  // on a phone the one that the address names may be out of sight
    const over = tab.getBoundingClientRect().right - tabs.getBoundingClientRect().right;
    if (over > 0) tabs.scrollLeft += over;
  }
  chosenTab = tab;
  for (const opened of document.querySelectorAll(OPENED)) {
    const around = opened.parentElement;  // it stands outside all landmarks of the page: it is one of its own
    if (around.role || opened.closest("[role=dialog]")) continue;
    Object.assign(around, { role: "region", ariaLabel: opened.ariaLabel || "Help" });
  }
  say(away && Date.now() - awaySince > PATIENCE ? AWAY : "");
}

function say(sentence) {
  const shown = document.getElementById("fanout-away");
  if (!sentence || shown) return sentence || shown?.remove();
  const said = Object.assign(document.createElement("div"), { id: "fanout-away", role: "alert", textContent: sentence });
  document.body.append(said);
}

export default function ({ data }) {
  window.addEventListener("keydown", leave, true);
  if (data && data.arrived && window.fanoutArrived !== data.arrived) {
    window.fanoutArrived = data.arrived;
    focusHeading(60);
  }
  return () => window.removeEventListener("keydown", leave, true);
}
