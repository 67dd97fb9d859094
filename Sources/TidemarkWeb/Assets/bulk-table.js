// A table of very many rows of one height: only those in sight are there.

export const STATES = {
  found: ["found", "badge good"],
  limited: ["found, limited", "badge good"],
  nothing: ["nothing", "badge"],
  invalid: ["not understood", "badge warn"],
  failed: ["failed", "badge bad"],
};
const OVERSCAN = 8;

export const grouped = (number) => number.toLocaleString("en-GB");

const minute = (seconds) => {
  if (seconds === undefined) return "";
  return new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");
};

let rowHeight = 32;
let before = [];

// Shows the rows of `shown` that are in sight of the box that the table scrolls in. Rows that stay
// in sight are left alone: one of them may have the focus.
export function render(table, scroll, shown) {
  const body = table.tBodies[0];
  const first = Math.max(Math.floor(scroll.scrollTop / rowHeight) - OVERSCAN, 0);
  const count = Math.ceil(scroll.clientHeight / rowHeight) + 2 * OVERSCAN;
  const slice = shown.slice(first, first + Math.max(count, 40));
  const rest = Math.max(shown.length - first - slice.length, 0);
  table.setAttribute("aria-rowcount", shown.length + 1);
  const isSame = slice.length === before.length && slice.every((one, at) => one === before[at]);
  if (isSame && body.rows.length > 0) {
    body.rows[body.rows.length - 1].replaceWith(gap(rest));
    return;
  }
  before = slice;
  body.replaceChildren(
    gap(Math.min(first, shown.length)), ...slice.map((one, index) => row(one, first + index + 2)),
    gap(rest));
  const height = body.rows[1]?.getBoundingClientRect().height;
  if (slice.length > 0 && height > 0) rowHeight = height;
}

function gap(count) {
  const tr = document.createElement("tr");
  tr.className = "bulk-gap";
  tr.setAttribute("aria-hidden", "true");
  tr.insertCell().colSpan = 7;
  tr.cells[0].style.height = `${count * rowHeight}px`;
  tr.hidden = count === 0;
  return tr;
}

function row(result, index) {
  const tr = document.createElement("tr");
  tr.setAttribute("aria-rowindex", index);
  const cell = (name, text) => {
    const td = tr.insertCell();
    td.className = name;
    td.textContent = td.title = text;
    return td;
  };
  cell("num", grouped(result.number));
  cell("mono", result.line);
  const read = cell("mono", "");
  if (result.value) {
    const link = document.createElement("a");
    link.href = `/ui/search?q=${encodeURIComponent(result.value)}`;
    link.textContent = result.value;
    const note = document.createElement("span");
    note.className = "quiet";
    note.textContent = result.changes ? `${result.kind} (${result.changes})` : result.kind;
    read.title = `${result.value} ${note.textContent}`;
    read.append(link, " ", note);
  }
  const [words, name] = STATES[result.status] ?? STATES.failed;
  const badge = document.createElement("span");
  badge.className = name;
  badge.textContent = words;
  cell("", result.reason ?? "").replaceChildren(badge, ` ${result.reason ?? ""}`);
  cell("num", grouped(result.rows));
  cell("time", minute(result.time_first));
  cell("time", minute(result.time_last));
  return tr;
}
