// Looks a list up in pieces, shows a status for each line, and keeps the results for download.

import { csv, ndjson, save } from "./bulk-files.js";
import { STATES, grouped, render as renderTable } from "./bulk-table.js";

// Characters of one request: percent-encoded they stay below what the server takes.
const CHUNK_CHARACTERS = 262144;
// A longer line is refused in any case, and need not be sent whole.
const LINE_CHARACTERS = 20000;

const $ = (id) => document.getElementById(id);
const form = $("bulk-form");
let keys = [];
let results = [];
let shown = [];
let rows = 0;
let run = null;

// The list

function cut(text) {
  const found = [];
  text.split(/\r\n|\r|\n/).forEach((line, index) => {
    const value = line.trim();
    if (value && !value.startsWith("#")) found.push({ number: index + 1, text: value });
  });
  return found;
}

async function take(file) {
  if (!file) return;
  if (file.size > 16 * 1024 * 1024) return say("The file is larger than 16 MiB.", "bad");
  $("bulk-lines").value = await file.text();
  say(`${file.name}: ${grouped(cut($("bulk-lines").value).length)} values.`);
}

// A run

function begin() {
  keys = cut($("bulk-lines").value);
  const most = Number(form.dataset.most);
  if (keys.length === 0) return say("The list has no values.", "warn");
  if (keys.length > most) return say(`A list may have ${grouped(most)} values.`, "warn");
  results = [];
  rows = 0;
  $("bulk-outcome")?.remove();
  $("bulk-progress").hidden = $("bulk-results").hidden = false;
  $("bulk-scroll").scrollTop = 0;
  choose();
  goOn();
}

async function goOn() {
  if (run) return;
  const mine = { stop: new AbortController(), start: performance.now(), from: results.length };
  run = mine;
  say("");
  buttons();
  const timer = setInterval(progress, 250);
  try {
    while (results.length < keys.length) await piece(mine);
    say(`Done: ${grouped(keys.length)} values, ${summary()}.`, "good");
  } catch (error) {
    const at = `${grouped(results.length)} of ${grouped(keys.length)} are done.`;
    const stopped = mine.stop.signal.aborted;
    say(stopped ? `Stopped. ${at}` : `${error.message} ${at}`, stopped ? "" : "bad");
  } finally {
    clearInterval(timer);
    run = null;
    buttons();
    progress();
    render();
  }
}

// The next lines in one request; what was answered before it broke off stays.
async function piece(mine) {
  const from = results.length;
  let to = from;
  for (let size = 0; to < keys.length && to - from < Number(form.dataset.chunk); to += 1) {
    size += Math.min(keys[to].text.length, LINE_CHARACTERS) + 1;
    if (size > CHUNK_CHARACTERS && to > from) break;
  }
  const body = new URLSearchParams(new FormData(form));
  const lines = keys.slice(from, to).map((key) => key.text.slice(0, LINE_CHARACTERS));
  body.set("lines", lines.join("\n"));
  const response = await fetch(form.dataset.run, {
    method: "POST", body, signal: mine.stop.signal, redirect: "error",
    headers: { Accept: "application/x-ndjson" },
  }).catch((error) => {
    throw mine.stop.signal.aborted ? error : new Error("The server cannot be reached.");
  });
  const wait = Number(response.headers.get("Retry-After"));
  if ((response.status === 429 || response.status === 503) && wait > 0) {
    return pause(mine, Math.min(wait, 3600));
  }
  if (!response.ok) throw new Error(await refusal(response));
  const end = await read(response, from);
  if (!end) throw new Error("The answer broke off.");
  if (results.length >= to) return;
  if (end.end === "failed") throw new Error(`The server failed: ${end.error}.`);
  if (results.length === from) {
    const reason = "costs more than one request may";
    add(from, { status: "failed", rows: 0, reason });
  }
}

async function read(response, from) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  let end = null;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return end;
    const lines = (held + value).split("\n");
    held = lines.pop();
    for (const line of lines) {
      const object = JSON.parse(line);
      if (object.end) end = object;
      else add(from + object.index, object);
    }
    render();
  }
}

async function refusal(response) {
  if (response.status === 401) return "You are signed out: sign in in another tab, then go on.";
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const words = page.querySelector("main p")?.textContent.trim();
  return `The server refused: ${words || response.status}.`;
}

function pause(mine, seconds) {
  say(`The server asks to wait ${seconds} s.`);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    mine.stop.signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new Error("stopped"));
    });
  });
}

function add(at, answer) {
  if (at !== results.length || at >= keys.length) throw new Error("The answer is out of order.");
  const result = { ...answer, number: keys[at].number, line: keys[at].text };
  results.push(result);
  rows += result.rows;
  if (!$("bulk-show").value || $("bulk-show").value === result.status) shown.push(result);
}

// Words

function say(text, kind = "") {
  $("bulk-progress").hidden = false;
  const note = $("bulk-note");
  note.hidden = !text;
  note.className = `note ${kind}`;
  note.textContent = text;
}

function summary() {
  return Object.keys(STATES).map((state) => {
    const count = results.filter((result) => result.status === state).length;
    return count && `${grouped(count)} ${STATES[state][0]}`;
  }).filter(Boolean).join(", ");
}

function progress() {
  $("bulk-bar").max = Math.max(keys.length, 1);
  $("bulk-bar").value = results.length;
  let text = `${grouped(results.length)} of ${grouped(keys.length)} lines, ${grouped(rows)} rows`;
  if (run) {
    const rate = (results.length - run.from) / ((performance.now() - run.start) / 1000);
    if (rate > 0) {
      const left = Math.ceil((keys.length - results.length) / rate);
      text += `, ${grouped(Math.round(rate))} lines/s, about ${grouped(left)} s left`;
    }
  }
  $("bulk-text").textContent = text;
}

function buttons() {
  $("bulk-stop").hidden = !run;
  $("bulk-start").disabled = Boolean(run);
  $("bulk-resume").hidden = Boolean(run) || results.length >= keys.length;
}

// The table

function choose() {
  const state = $("bulk-show").value;
  shown = state ? results.filter((result) => result.status === state) : [...results];
  render();
}

function render() {
  renderTable($("bulk-table"), $("bulk-scroll"), shown);
}

if (form) {
  const option = (value, text) => $("bulk-show").append(new Option(text, value));
  option("", "all lines");
  for (const [state, [words]] of Object.entries(STATES)) option(state, words);
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name === "as") return;
    event.preventDefault();
    begin();
  });
  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("bulk-over");
  });
  form.addEventListener("dragleave", () => form.classList.remove("bulk-over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("bulk-over");
    const dropped = event.dataTransfer.files[0];
    if (dropped) take(dropped);
    else $("bulk-lines").value = event.dataTransfer.getData("text/plain");
  });
  $("bulk-file").addEventListener("change", (event) => take(event.target.files[0]));
  $("bulk-stop").addEventListener("click", () => run?.stop.abort());
  $("bulk-resume").addEventListener("click", goOn);
  $("bulk-show").addEventListener("change", choose);
  $("bulk-scroll").addEventListener("scroll", () => requestAnimationFrame(render));
  $("bulk-csv").addEventListener("click", () =>
    save(csv(results), "text/csv", "tidemark-bulk.csv"));
  $("bulk-ndjson").addEventListener("click", () =>
    save(ndjson(results), "application/x-ndjson", "tidemark-bulk.ndjson"));
}
