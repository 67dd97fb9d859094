// The picture of a graph, which grows by choice. What it shows is in the page's address; the tables
// below say the same and are made by the server.

import { Drawing } from "./graph-draw.js";
import { Layout } from "./graph-layout.js";
import { Model, expansionsMax } from "./graph-model.js";
import { showNode } from "./graph-side.js";
import { watchKeys, watchPointer } from "./graph-input.js";
import { joined } from "./pivot-hints.js";

const addressMax = 7500;
const framesMax = 600;
const quick = window.matchMedia("(prefers-reduced-motion: reduce)");

class Graph {
  model = new Model();
  chosen = null;
  #layout = new Layout();
  #drawing;
  #canvas;
  #side;
  #most;
  #trail;
  #frames = [];
  #isRunning = false;
  #isFollowing = true;
  #twinTimer = 0;
  #busy = new Set();
  #asked = "";

  constructor(canvas) {
    this.#canvas = canvas;
    this.#side = document.querySelector("[data-graph-side]");
    this.#most = canvas.dataset.most;
    this.#trail = canvas.dataset.trail ?? "";
    this.#drawing = new Drawing(canvas);
    for (const text of (canvas.dataset.hide ?? "").split("~")) {
      if (text) this.model.hidden.add(decodeURIComponent(text));
    }
    new ResizeObserver(() => {
      this.#drawing.resize();
      if (this.#isFollowing) this.fit();
      this.draw();
    }).observe(canvas);
    const repaint = () => requestAnimationFrame(() => {
      this.#drawing.readTheme();
      this.draw();
    });
    document.addEventListener("tidemark:theme", repaint);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    watchPointer(canvas, this);
    watchKeys(canvas, this);
  }

  get drawing() { return this.#drawing; }
  get nodes() { return [...this.model.nodes.values()]; }

  /** Times of the frames of late, milliseconds each. */
  frames() { return [...this.#frames]; }

  load(json) {
    this.model.load(json);
    this.chosen = null;
    this.#frames = [];
    this.#isFollowing = true;
    this.settle(1);
    this.choose(this.model.nodes.get(this.model.root) ?? null);
  }

  /** Warms the picture up and lets it come to rest. */
  settle(heat) {
    this.#layout.set(this.nodes, this.model.edges, heat);
    if (quick.matches) this.#settleAtOnce();
    else this.#run();
  }

  /** Without motion: places first, in slices that leave the page alive, then one picture. */
  #settleAtOnce() {
    const end = performance.now() + 12;
    while (performance.now() < end && this.#layout.tick());
    if (this.#layout.isAtRest) {
      if (this.#isFollowing) this.fit();
      this.draw();
    } else {
      setTimeout(() => this.#settleAtOnce(), 0);
    }
  }

  #run() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    let before = 0;
    const frame = (now) => {
      if (before > 0) {
        this.#frames.push(now - before);
        if (this.#frames.length > framesMax) this.#frames.shift();
      }
      before = now;
      const goesOn = this.#layout.tick();
      if (this.#isFollowing) this.#drawing.fit(this.nodes);
      this.#drawing.draw(this.model, this.chosen, goesOn);
      this.#isRunning = goesOn;
      if (goesOn) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  draw() { this.#drawing.draw(this.model, this.chosen); }

  fit() {
    this.#drawing.fit(this.nodes);
    this.draw();
  }

  follow(isFollowing) { this.#isFollowing = isFollowing; }

  stop() {
    this.#layout.stop();
    this.draw();
  }

  /** Lets the picture give way while a node is dragged. */
  nudge() {
    if (quick.matches) this.draw();
    else this.settle(0.25);
  }

  choose(node, note = "") {
    this.chosen = node;
    if (node && !this.#isFollowing) this.#drawing.reveal(node);
    const settings = {
      root: this.model.root, trail: this.#trail,
      expansion: (id) => this.model.expansions.get(id),
    };
    showNode(this.#side, node, settings, this, note);
    for (const row of document.querySelectorAll("[data-graph-node]")) {
      row.classList.toggle("on", row.dataset.graphNode === node?.id);
    }
    this.draw();
  }

  /** Expands on Enter: what is mostly noise only when asked twice. */
  expandChosen() {
    const node = this.chosen;
    if (!node || node.isExpanded) return;
    if (node.noise && this.#asked !== node.id) {
      this.#asked = node.id;
      this.choose(node, "Mostly neighbours by chance: press Enter again to expand it anyway.");
      return;
    }
    this.expand(node.id);
  }

  async expand(id) {
    const count = this.model.expansions.size;
    if (this.model.expansions.has(id) || this.#busy.has(id)) return;
    if (count >= expansionsMax) {
      this.choose(this.model.nodes.get(id), "No more nodes can be expanded on one page.");
      return;
    }
    this.#busy.add(id);
    try {
      const query = new URLSearchParams({ node: id, most: this.#most });
      const answer = await fetch(`/ui/graph/data?${query}`);
      if (!answer.ok) throw new Error(String(answer.status));
      this.model.take(await answer.json());
      this.#changed(id, 0.6);
    } catch {
      this.choose(this.model.nodes.get(id) ?? null, "The server did not answer: try again.");
    } finally {
      this.#busy.delete(id);
    }
  }

  collapse(id) { if (this.model.collapse(id)) this.#changed(id, 0.3); }

  hide(id) { if (this.model.hide(id)) this.#changed(this.model.root, 0.3); }

  pin(id) {
    const node = this.model.nodes.get(id);
    if (!node) return;
    node.isPinned = !node.isPinned;
    this.choose(node);
  }

  #changed(id, heat) {
    this.settle(heat);
    this.choose(this.model.nodes.get(id) ?? null);
    this.#writeAddress();
    clearTimeout(this.#twinTimer);
    this.#twinTimer = setTimeout(() => this.#refreshTwin(), 300);
  }

  /** The parameters of what is shown, as the server reads them. */
  #query() {
    const query = new URLSearchParams({ q: this.model.root });
    const set = (name, value) => { if (value) query.set(name, value); };
    set("expand", joined(this.model.expanded));
    set("hide", joined([...this.model.hidden]));
    set("most", this.#most === "50" ? "" : this.#most);
    set("trail", this.#trail);
    return query;
  }

  #writeAddress() {
    const query = this.#query();
    if (query.toString().length > addressMax) return;
    history.replaceState(null, "", `/ui/graph?${query}`);
    for (const link of document.querySelectorAll("[data-graph-export]")) {
      query.set("format", link.dataset.graphExport);
      link.href = `/ui/graph/export?${query}`;
    }
  }

  /** Loads the tables that belong to the picture. */
  async #refreshTwin() {
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("graph-twin");
      const old = document.getElementById("graph-twin");
      if (!fresh || !old) return;
      const row = document.activeElement?.closest?.("[data-graph-node]");
      const id = old.contains(row) ? row.dataset.graphNode : null;
      old.replaceWith(document.adoptNode(fresh));
      watchTwin(this);
      for (const one of document.querySelectorAll("[data-graph-node]")) {
        one.classList.toggle("on", one.dataset.graphNode === this.chosen?.id);
        if (one.dataset.graphNode === id) one.querySelector("a")?.focus();
      }
    } catch {
      // The tables stay as they were; loading the page again brings them up to date.
    }
  }
}

/** The tables act on the picture: a row in hand is the chosen node, its actions happen at once. */
function watchTwin(graph) {
  const twin = document.getElementById("graph-twin");
  twin?.addEventListener("focusin", (event) => {
    const id = event.target.closest("[data-graph-node]")?.dataset.graphNode;
    const node = id && graph.model.nodes.get(id);
    if (node && node !== graph.chosen) graph.choose(node);
  });
  twin?.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.target.closest("a[data-graph-act]");
    const id = link?.closest("[data-graph-node]")?.dataset.graphNode;
    const act = link?.dataset.graphAct;
    if (!id || !["expand", "collapse", "hide"].includes(act)) return;
    event.preventDefault();
    graph[act](id);
  });
}

async function begin(canvas) {
  const graph = new Graph(canvas);
  window.tidemarkGraph = {
    frames: () => graph.frames(), load: (json) => graph.load(json), graph,
  };
  watchTwin(graph);
  for (const button of document.querySelectorAll("[data-graph-do]")) {
    button.addEventListener("click", () => {
      const isZoom = button.dataset.graphDo === "in" || button.dataset.graphDo === "out";
      graph.follow(button.dataset.graphDo === "fit");
      if (isZoom) graph.drawing.zoom(button.dataset.graphDo === "in" ? 1.3 : 1 / 1.3);
      if (button.dataset.graphDo === "fit") graph.fit();
      if (button.dataset.graphDo === "stop") graph.stop();
      graph.draw();
    });
  }
  try {
    const answer = await fetch(canvas.dataset.source);
    if (!answer.ok) throw new Error(String(answer.status));
    graph.load(await answer.json());
  } catch {
    const note = document.createElement("p");
    note.className = "note warn";
    note.textContent = "The picture could not be loaded; the tables below say the same.";
    document.querySelector("[data-graph-side]")?.replaceChildren(note);
  }
}

const canvas = document.querySelector("canvas[data-graph]");
if (canvas) begin(canvas);
