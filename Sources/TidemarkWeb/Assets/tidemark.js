// What every page does beyond being read: keys, theme and density, copies, look-ups remembered in
// this browser only, parts that are loaded again, local times.

const root = document.documentElement;
const recentMax = 12;

// Storage may be blocked or full: then nothing is remembered, and nothing else changes.
const memory = {
  get(name) {
    try { return localStorage.getItem(`tidemark.${name}`); } catch { return null; }
  },
  set(name, value) {
    try { localStorage.setItem(`tidemark.${name}`, value); } catch { /* Not remembered. */ }
  },
  remove(name) {
    try { localStorage.removeItem(`tidemark.${name}`); } catch { /* Nothing was there. */ }
  },
};

let saidTimer = 0;
/** Says something to everybody, for a moment. */
export function say(text) {
  const place = document.querySelector("[data-said]");
  if (!place) return;
  place.textContent = text;
  clearTimeout(saidTimer);
  saidTimer = setTimeout(() => { place.textContent = ""; }, 2500);
}

// Theme, density, keys: three choices in one menu. The server reads them from cookies and writes
// them into the page, so that nothing is painted twice and no script has to run before.
const year = 365 * 86_400;

function choose(name, value) {
  const isStandard = value === "auto";
  if (isStandard) delete root.dataset[name];
  else root.dataset[name] = value;
  document.cookie = `tidemark_${name}=${value}; Path=/; SameSite=Lax; Max-Age=${
    isStandard ? 0 : year}`;
  document.dispatchEvent(new CustomEvent(`tidemark:${name}`));
}

for (const group of document.querySelectorAll("[data-choice]")) {
  const name = group.dataset.choice;
  for (const input of group.querySelectorAll("input")) {
    input.checked = input.value === (root.dataset[name] ?? "auto");
    input.addEventListener("change", () => choose(name, input.value));
  }
}

// Keys.
const keyList = document.getElementById("keys");

const showKeys = () => { if (keyList && !keyList.open) keyList.showModal(); };

/** The rows one can walk over: of the table one is in, or of the first one. */
function walkable() {
  const at = document.activeElement?.closest("table.grid")
    ?? document.querySelector("main table.grid");
  return at ? [...at.querySelectorAll("tbody > tr")].filter((row) => row.offsetParent) : [];
}

function walk(step) {
  const rows = walkable();
  if (rows.length === 0) return;
  const at = rows.indexOf(document.activeElement?.closest("tr"));
  const next = at < 0 ? 0 : at + step;
  const row = rows[Math.min(Math.max(next, 0), rows.length - 1)];
  if (!row.hasAttribute("tabindex")) row.tabIndex = -1;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

/** The value that a row is about: its marked link, or the first one. */
const linkOf = (row) => row.querySelector("a[data-main]") ?? row.querySelector("a[href]");

function follow(key) {
  const link = document.querySelector(`main a[data-key="${key}"]`);
  if (link) link.click();
  return link !== null;
}

/** Value of the row at hand, otherwise of the page. */
function valueAtHand() {
  const row = document.activeElement?.closest("table.grid tbody tr");
  const link = row && linkOf(row);
  const from = link ? new URL(link.href).searchParams : new URLSearchParams(location.search);
  return from.get("q") ?? "";
}

function go(path, change) {
  const url = new URL(path, location.origin);
  change(url.searchParams);
  location.assign(url);
}

const actions = {
  "/": () => {
    const box = document.querySelector("[data-search]");
    box?.focus();
    box?.select();
  },
  "j": () => walk(1),
  "k": () => walk(-1),
  "Enter": () => linkOf(document.activeElement)?.click(),
  "b": () => { if (!follow("b")) history.back(); },
  "t": () => {
    if (follow("t") || location.pathname !== "/ui/search") return;
    go(location.href, (query) => {
      query.delete("cursor");
      query.set("view", query.get("view") === "timeline" ? "table" : "timeline");
    });
  },
  "g": () => {
    const value = valueAtHand();
    const isRow = document.activeElement?.closest("table.grid tbody tr");
    if ((isRow || !follow("g")) && value) go("/ui/graph", (query) => query.set("q", value));
  },
  "?": showKeys,
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = event.target;
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      if (menu.contains(at)) menu.querySelector("summary")?.focus();
    }
    if (at.matches?.("[data-search]")) at.blur();
    return;
  }
  const isTyping = at.isContentEditable || at.matches?.(
    "select, textarea, input:not([type=checkbox], [type=radio], [type=submit], [type=button])");
  if (isTyping || document.querySelector("dialog[open]")) return;
  // Enter is a row's own key; on links and buttons it does what it always does.
  if (event.key === "Enter" ? !at.matches?.("table.grid tbody tr") : root.dataset.keys === "off") {
    return;
  }
  const action = Object.hasOwn(actions, event.key) ? actions[event.key] : null;
  if (!action) return;
  event.preventDefault();
  action();
});

document.addEventListener("click", (event) => {
  const at = event.target.closest?.("[data-copy], [data-show-keys], [data-close]");
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  if (!at) return;
  if (at.dataset.copy !== undefined) copy(at.dataset.copy);
  if (at.dataset.showKeys !== undefined) showKeys();
  if (at.dataset.close !== undefined) at.closest("dialog")?.close();
});

/** Copies text; on pages without TLS by the older way. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied");
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    const before = document.activeElement;
    document.body.append(area);
    area.select();
    say(document.execCommand("copy") ? "Copied" : "The browser does not let this page copy");
    area.remove();
    before?.focus?.();
  }
}

// Look-ups of late, in this browser only: what an analyst asks is nobody else's business.
function recent() {
  try {
    const list = JSON.parse(memory.get("recent") ?? "[]");
    return Array.isArray(list) ? list.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

if (location.pathname === "/ui/search") {
  const query = new URLSearchParams(location.search).get("q")?.trim();
  if (query && query.length <= 512) {
    const others = recent().filter((one) => one !== query);
    memory.set("recent", JSON.stringify([query, ...others].slice(0, recentMax)));
  }
}

function showRecent(place) {
  const list = recent();
  place.replaceChildren(...list.map((query) => {
    const item = document.createElement("li");
    const link = item.appendChild(document.createElement("a"));
    link.href = `/ui/search?q=${encodeURIComponent(query)}`;
    link.className = "mono";
    link.textContent = query;
    return item;
  }));
  place.closest("[data-recent-panel]")?.toggleAttribute("data-filled", list.length > 0);
}

for (const place of document.querySelectorAll("[data-recent]")) {
  showRecent(place);
  place.closest("[data-recent-panel]")?.querySelector("[data-forget]")
    ?.addEventListener("click", () => { memory.remove("recent"); showRecent(place); });
}

// Parts with an id that are loaded again every so many seconds, from our own server.
async function refresh(part, url) {
  if (document.hidden || part.contains(document.activeElement)) return part;
  try {
    const answer = await fetch(url, { headers: { accept: "text/html" } });
    if (!answer.ok) return part;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(part.id);
    if (!fresh) return part;
    part.replaceWith(document.adoptNode(fresh));
    return fresh;
  } catch {
    return part;
  }
}

for (const found of document.querySelectorAll("[data-refresh][id]")) {
  let part = found;
  const seconds = Math.max(2, Number(part.dataset.refresh) || 10);
  const turn = async () => {
    part = await refresh(part, part.dataset.refreshUrl ?? location.href);
    if (part.isConnected && part.dataset.refresh !== undefined) setTimeout(turn, seconds * 1000);
  };
  setTimeout(turn, seconds * 1000);
}

// Local time, when one asks for it.

document.addEventListener("pointerover", (event) => {
  const time = event.target.closest?.("time[datetime]");
  if (!time || time.title) return;
  const date = new Date(time.dateTime);
  if (Number.isNaN(date.getTime())) return;
  time.title = date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" });
});
