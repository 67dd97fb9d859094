// Fills in what hangs on values as they come into sight, and lets links of the page be copied.
//
// An element with data-hint gets the hint of that value. One request at a time, for as many values
// as the server takes; what it did not count in time is asked for again.

import { hintNodes, joined } from "./pivot-hints.js";

const batchMax = 50;
const targetMax = 6000;
const triesMax = 6;
const failuresMax = 3;

/** Value to hint, of this page. */
const known = new Map();
/** Value to the elements that wait for it. */
const waiting = new Map();
const tries = new Map();
let isAsking = false;
let failures = 0;
let timer = 0;

function pageValue() {
  return document.querySelector("[data-pivot-query]")?.dataset.pivotQuery
    ?? new URLSearchParams(location.search).get("q") ?? "";
}

function fill(element, hint) {
  element.replaceChildren(...hintNodes(hint));
  element.dataset.hinted = "";
}

function queue(element) {
  const value = element.dataset.hint;
  if (!value || element.dataset.hinted !== undefined) return;
  const hint = known.get(value);
  if (hint) {
    fill(element, hint);
    return;
  }
  if (!waiting.has(value)) waiting.set(value, new Set());
  waiting.get(value).add(element);
  if (!timer) timer = setTimeout(ask, 40);
}

/** The next values: those that fit into one request. */
function batch() {
  const values = [];
  let length = 0;
  for (const value of waiting.keys()) {
    length += encodeURIComponent(joined([value])).length + 3;
    if (values.length === batchMax || (values.length > 0 && length > targetMax)) break;
    values.push(value);
  }
  return values;
}

async function ask() {
  timer = 0;
  if (isAsking || waiting.size === 0 || failures >= failuresMax) return;
  isAsking = true;
  const values = batch();
  let pause = 0;
  try {
    const query = new URLSearchParams({ v: joined(values) });
    const page = pageValue();
    if (page && page.length <= 1024) query.set("q", page);
    const answer = await fetch(`/ui/hints?${query}`, { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const { hints } = await answer.json();
    failures = 0;
    for (const hint of hints) take(hint);
  } catch {
    // A hint is a convenience: after some failures the page goes on without.
    failures += 1;
    pause = 2000 * failures;
  }
  for (const value of values) giveUpLate(value);
  isAsking = false;
  if (waiting.size > 0 && !timer) timer = setTimeout(ask, pause);
}

function take(hint) {
  known.set(hint.value, hint);
  for (const element of waiting.get(hint.value) ?? []) fill(element, hint);
  waiting.delete(hint.value);
}

/** Counts how often a value was asked for in vain. */
function giveUpLate(value) {
  if (!waiting.has(value)) return;
  const count = (tries.get(value) ?? 0) + 1;
  tries.set(value, count);
  if (count >= triesMax) {
    waiting.delete(value);
    return;
  }
  // To the end of the queue: others get their turn.
  const elements = waiting.get(value);
  waiting.delete(value);
  waiting.set(value, elements);
}

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    seen.unobserve(entry.target);
    queue(entry.target);
  }
}, { rootMargin: "80px" });

function watch(root) {
  if (root.matches?.("[data-hint]:not([data-hinted])")) seen.observe(root);
  for (const element of root.querySelectorAll?.("[data-hint]:not([data-hinted])") ?? []) {
    seen.observe(element);
  }
}

watch(document);
new MutationObserver((changes) => {
  for (const change of changes) {
    for (const node of change.addedNodes) {
      if (node.nodeType === Node.ELEMENT_NODE) watch(node);
    }
  }
}).observe(document.querySelector("main") ?? document.body, { childList: true, subtree: true });

// The address of the page, with its trail. Pages have a handler that copies data-copy; it gets the
// address as it is at that moment.

for (const button of document.querySelectorAll("[data-copy-link]")) {
  button.hidden = false;
  button.addEventListener("click", () => { button.dataset.copy = location.href; });
}
