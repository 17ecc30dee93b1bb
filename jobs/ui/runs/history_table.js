// The rows of the history, as a table of the browser's own. Every text is set as text: names of runs are others' words.
const tables = new WeakMap();

function made(name, more = {}, ...children) {
  const element = Object.assign(document.createElement(name), more);
  element.append(...children);
  return element;
}

function set(element, name, value) {
  if (element[name] !== value) element[name] = value;
}

function built(parent, columns) {
  const all = made("input", { type: "checkbox", ariaLabel: "Select all on this page" });
  const heads = columns.map(({ title, help, kind }) =>
    made("th", { scope: "col", title: help, className: kind, textContent: title }));
  const head = made("tr", {}, made("td", {}, all), ...heads, made("td"));
  const body = made("tbody");
  const caption = made("caption", { textContent: "History of runs, newest first" });
  const table = made("table", {}, caption, made("thead", {}, head), body);
  const menu = made("div", { popover: "auto", role: "menu" });
  parent.append(made("div", { className: "wide" }, table), menu);
  return { all, body, menu, rows: new Map() };
}

function rowOf(columns) {
  const tick = made("input", { type: "checkbox" });
  const link = made("a"), meta = made("small");
  const state = made("span");
  const cells = {};
  const drawn = columns.map(({ key, kind }) => {
    if (key === "name") return made("th", { scope: "row", className: kind }, link, meta);
    if (key === "state") return made("td", { className: kind }, state);
    return (cells[key] = made("td", { className: kind }));
  });
  const more = made("button", { type: "button", textContent: "⋮", ariaHasPopup: "menu" });
  const element = made("tr", {}, made("td", {}, tick), ...drawn, made("td", {}, more));
  return { element, tick, link, meta, state, cells, more };
}

function fill(row, run, columns, ticked) {
  set(row.tick, "checked", ticked);
  set(row.tick, "ariaLabel", `Select ${run.name}`);
  row.element.classList.toggle("ticked", ticked);
  set(row.link, "textContent", run.name);
  if (row.link.getAttribute("href") !== run.href) row.link.setAttribute("href", run.href);
  set(row.meta, "textContent", run.meta);
  set(row.state, "textContent", run.state);
  row.state.style.color = `var(--st-${run.colour}-text-color)`;
  row.state.style.background = `var(--st-${run.colour}-background-color)`;
  for (const [key, cell] of Object.entries(row.cells)) set(cell, "textContent", run[key]);
  row.cells.failed.classList.toggle("bad", run.failed !== "0");
  set(row.more, "ariaLabel", `More for ${run.name}`);
}

function openMenu(menu, button, run, choose) {
  menu.replaceChildren(...run.choices.map((name) => {
    const entry = made("button", { type: "button", role: "menuitem", textContent: name });
    entry.onclick = () => { menu.hidePopover(); choose(name); };
    return entry;
  }));
  menu.onkeydown = (event) => {
    const entries = [...menu.children], step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    entries[(entries.indexOf(menu.getRootNode().activeElement) + step + entries.length) % entries.length].focus();
  };
  menu.ariaLabel = `More for ${run.name}`;
  menu.showPopover();
  const at = button.getBoundingClientRect(), box = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(4, Math.min(at.left, innerWidth - box.width - 4))}px`;
  menu.style.top = `${Math.min(at.bottom + 2, innerHeight - box.height - 4)}px`;
  menu.firstChild.focus();
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const { columns, runs } = data;
  const shown = tables.get(parentElement) ?? built(parentElement, columns);
  tables.set(parentElement, shown);
  const here = new Set(runs.map((run) => run.id));
  const ticked = new Set(data.ticked.filter((id) => here.has(id)));
  const tell = () => setStateValue("ticked", [...ticked]);
  const put = (id, on) => (on ? ticked.add(id) : ticked.delete(id));

  for (const [id, row] of shown.rows) {
    if (!here.has(id)) { row.element.remove(); shown.rows.delete(id); }
  }
  runs.forEach((run, place) => {
    const row = shown.rows.get(run.id) ?? rowOf(columns);
    shown.rows.set(run.id, row);
    fill(row, run, columns, ticked.has(run.id));
    const there = shown.body.children[place] ?? null;
    if (there !== row.element) shown.body.insertBefore(row.element, there);
    const choose = (what) => setTriggerValue("chosen", { what, run: run.id });
    row.tick.onchange = () => { put(run.id, row.tick.checked); tell(); };
    row.link.onclick = (event) => {
      if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      choose("Open");
    };
    row.more.onclick = () => openMenu(shown.menu, row.more, run, choose);
  });
  shown.all.checked = runs.length > 0 && ticked.size === runs.length;
  shown.all.onchange = () => { runs.forEach((run) => put(run.id, shown.all.checked)); tell(); };
}
