// Rows of a look-up: further ones are appended when the end comes near, those far out of sight
// leave the document, and `x` copies the row at hand.

const rowsMax = 2000;
const nearEnd = 1200;
const keepNear = "1600px 0px";

const area = document.querySelector(".scroll[data-rows]");
const table = area?.querySelector("table.grid");

if (table) {
  const next = document.querySelector("a[data-next]");
  const shown = document.querySelector("[data-row-count]");
  let cursor = area.dataset.cursor;
  let count = table.querySelectorAll("tbody > tr").length;
  let isLoading = false;

  // Groups of rows that are out of sight become one empty row of the same height.

  /** Group to its rows, while they are out of the document. */
  const folded = new Map();

  const freeze = () => {
    if (table.style.tableLayout === "fixed") return;
    // Columns keep their widths, whichever rows are there.
    const cells = [...table.tHead.rows[0].cells];
    const widths = cells.map((cell) => cell.getBoundingClientRect().width);
    cells.forEach((cell, index) => { cell.style.width = `${widths[index]}px`; });
    table.style.tableLayout = "fixed";
  };

  const fold = (group) => {
    if (folded.has(group) || group.contains(document.activeElement)) return;
    freeze();
    const height = group.getBoundingClientRect().height;
    const rows = document.createDocumentFragment();
    rows.append(...group.rows);
    const gap = group.insertRow();
    gap.className = "lookup-gap";
    gap.setAttribute("aria-hidden", "true");
    const cell = gap.insertCell();
    cell.colSpan = table.tHead.rows[0].cells.length;
    cell.style.height = `${height}px`;
    folded.set(group, rows);
  };

  const unfold = (group) => {
    const rows = folded.get(group);
    if (!rows) return;
    folded.delete(group);
    group.replaceChildren(rows);
  };

  const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) unfold(target);
      else if (count > rowsMax) fold(target);
    }
  }, { root: area, rootMargin: keepNear });

  for (const group of table.tBodies) sight.observe(group);

  window.addEventListener("resize", () => {
    table.style.tableLayout = "";
    for (const cell of table.tHead.rows[0].cells) cell.style.width = "";
  });
  // On paper all rows stand there.
  window.addEventListener("beforeprint", () => [...folded.keys()].forEach(unfold));

  // Further rows.

  const stop = (words) => {
    if (!next) return;
    next.textContent = words;
    next.hidden = !cursor;
  };

  const load = async () => {
    if (isLoading || !cursor) return;
    isLoading = true;
    area.setAttribute("aria-busy", "true");
    try {
      const url = new URL(area.dataset.rows, location.origin);
      url.searchParams.set("cursor", cursor);
      // Whoever was signed out is led to a page that has no rows.
      const answer = await fetch(url, { headers: { accept: "text/html" }, redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      const markup = `<table><tbody>${await answer.text()}</tbody></table>`;
      const page = new DOMParser().parseFromString(markup, "text/html");
      const group = document.adoptNode(page.querySelector("tbody"));
      cursor = answer.headers.get("x-tidemark-cursor") ?? "";
      count += group.rows.length;
      table.append(group);
      sight.observe(group);
      if (shown) shown.textContent = count.toLocaleString("en");
      stop("Further rows");
    } catch {
      // One failure ends the loading by itself; the link tries again.
      area.removeEventListener("scroll", watch);
      stop("Further rows: try again");
    }
    isLoading = false;
    area.removeAttribute("aria-busy");
  };

  const watch = () => {
    if (area.scrollHeight - area.scrollTop - area.clientHeight < nearEnd) load();
  };
  area.addEventListener("scroll", watch, { passive: true });
  next?.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    area.addEventListener("scroll", watch, { passive: true });
    load();
  });

  // The row at hand as text: cells between tabs, times in full, without hints.

  const text = (cell) => {
    const time = cell.querySelector("time");
    if (time) return time.dateTime;
    const copy = cell.cloneNode(true);
    for (const extra of copy.querySelectorAll(".hint, .badge, [data-hint]")) extra.remove();
    return copy.textContent.trim().replace(/\s+/g, " ");
  };

  document.addEventListener("keydown", (event) => {
    if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.documentElement.dataset.keys === "off") return;
    if (event.target.matches?.("select, textarea, input:not([type=checkbox])")) return;
    const row = document.activeElement?.closest("table.grid tbody tr");
    if (!row || !table.contains(row)) return;
    event.preventDefault();
    // Every page copies what a button with data-copy holds, and says so.
    const button = document.createElement("button");
    button.type = "button";
    button.className = "visually-hidden";
    button.dataset.copy = [...row.cells].map(text).join("\t");
    row.lastElementChild.append(button);
    button.click();
    button.remove();
  });
}
