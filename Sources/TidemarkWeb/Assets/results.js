// Results: ticks rows, counts them, filters them, and shows the raw response when it is asked for.

const rawShownMax = 262144;

function wire(section) {
  const table = section.querySelector("table");
  if (!table || !table.tBodies[0]) return;
  const rows = Array.from(table.tBodies[0].rows);
  wireFilter(section, rows);
  const head = table.querySelector("[data-tick-all]");
  if (head) wireTicks(section, rows, head);
}

function wireTicks(section, rows, head) {
  const boxes = new Map(rows.map((row) => [row, row.querySelector("input[name=row]")]));
  const shown = () => rows.filter((row) => !row.hidden).map((row) => boxes.get(row));
  const form = head.form;
  const said = section.querySelector("[data-tick-count]");
  let last = null;
  // With a script the rows themselves are sent: the box in the head stands for those in sight.
  head.removeAttribute("name");

  function count() {
    const ticked = rows.filter((row) => boxes.get(row).checked);
    const here = shown();
    const on = here.filter((box) => box.checked).length;
    head.checked = here.length > 0 && on === here.length;
    head.indeterminate = on > 0 && on < here.length;
    const away = ticked.filter((row) => row.hidden).length;
    said.textContent = ticked.length === 0 ? "Nothing ticked"
      : ticked.length + " of " + rows.length + " ticked"
        + (away > 0 ? ", " + away + " of them filtered out" : "");
  }

  head.addEventListener("change", () => {
    for (const box of shown()) box.checked = head.checked;
    count();
  });
  head.closest("table").addEventListener("click", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || box.name !== "row") return;
    if (event.shiftKey && last) tickBetween(shown(), last, box);
    last = box;
    count();
  });
  section.addEventListener("rows-filtered", count);
  form.addEventListener("submit", (event) => {
    if (rows.some((row) => boxes.get(row).checked)) return;
    event.preventDefault();
    said.textContent = "Tick rows first, or the box above them for all";
    head.focus();
  });
  // A browser that comes back to a page ticks what was ticked, after this script ran.
  window.addEventListener("pageshow", count);
  count();
}

function tickBetween(boxes, from, to) {
  const ends = [boxes.indexOf(from), boxes.indexOf(to)].sort((a, b) => a - b);
  if (ends[0] < 0) return;
  for (const box of boxes.slice(ends[0], ends[1] + 1)) box.checked = to.checked;
}

function wireFilter(section, rows) {
  const field = section.querySelector("[data-row-filter]");
  if (!field || rows.length < 2) return;
  const input = field.querySelector("input");
  const texts = rows.map((row) => row.textContent.toLowerCase());
  field.hidden = false;
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    rows.forEach((row, index) => {
      row.hidden = !words.every((word) => texts[index].includes(word));
    });
    section.dispatchEvent(new Event("rows-filtered"));
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}

// The raw response is text of strangers: it is only ever shown as text.
function wireRaw(details) {
  const state = details.querySelector("[data-raw-state]");
  const place = details.querySelector("[data-raw-text]");
  details.addEventListener("toggle", async () => {
    if (!details.open || details.dataset.loaded) return;
    details.dataset.loaded = "yes";
    state.hidden = false;
    state.textContent = "Loading";
    try {
      const response = await fetch(details.dataset.raw, { credentials: "same-origin" });
      if (!response.ok) throw new Error("status " + response.status);
      const octets = new Uint8Array(await response.arrayBuffer());
      const text = new TextDecoder().decode(octets.subarray(0, rawShownMax));
      place.textContent = text;
      place.hidden = false;
      state.hidden = octets.length <= rawShownMax;
      state.textContent = "Only the beginning is shown; download the rest.";
    } catch (error) {
      delete details.dataset.loaded;
      state.textContent = "The raw response could not be loaded (" + error.message + ").";
    }
  });
}

for (const section of document.querySelectorAll("[data-result-table]")) wire(section);
for (const details of document.querySelectorAll("[data-raw]")) wireRaw(details);
