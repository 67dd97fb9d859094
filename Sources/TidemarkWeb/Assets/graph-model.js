// What the graph is: nodes, links, and which expansion brought which link.

export const expansionsMax = 40;

/** Where a node without place begins: around its neighbour, on a spiral. */
const goldenAngle = Math.PI * (3 - Math.sqrt(5));

export class Model {
  root = "";
  /** Id to node, of all that is shown. */
  nodes = new Map();
  /** Links that are shown; their ends are nodes. */
  edges = [];
  /** Id to expansion; "" for links that came without one. */
  expansions = new Map();
  hidden = new Set();

  #infos = new Map();
  #links = new Map();

  /** Begins again with a graph of the server. */
  load(json) {
    this.nodes.clear();
    this.expansions.clear();
    this.#infos.clear();
    this.#links.clear();
    this.root = json.root ?? json.nodes?.[0]?.id ?? "";
    this.take(json);
  }

  /** Adds nodes, links and expansions of the server. */
  take(json) {
    for (const info of json.nodes ?? []) {
      const before = this.#infos.get(info.id);
      this.#infos.set(info.id, merged(before, info));
    }
    const links = (json.edges ?? []).map((edge) => {
      const key = `${edge.from}\n${edge.rrtype}\n${edge.to}`;
      if (!this.#links.has(key)) this.#links.set(key, edge);
      return this.#links.get(key);
    });
    for (const one of json.expansions ?? []) {
      this.expansions.set(one.node, {
        links: one.edges.map((index) => links[index]).filter(Boolean),
        leftOut: one.left_out ?? 0,
        more: one.more === true,
      });
    }
    if (!json.expansions) this.expansions.set("", { links, leftOut: 0, more: false });
    this.rebuild();
  }

  /** Works out what is shown. Nodes that stay keep their places. */
  rebuild() {
    const links = new Set();
    const ids = new Set(this.root ? [this.root] : []);
    for (const [node, expansion] of this.expansions) {
      if (this.hidden.has(node)) continue;
      if (node) ids.add(node);
      for (const link of expansion.links) {
        if (this.hidden.has(link.from) || this.hidden.has(link.to)) continue;
        links.add(link);
        ids.add(link.from);
        ids.add(link.to);
      }
    }
    if (this.expansions.has("")) {
      for (const id of this.#infos.keys()) if (!this.hidden.has(id)) ids.add(id);
    }
    const before = this.nodes;
    this.nodes = new Map();
    for (const id of ids) {
      const node = before.get(id) ?? { id, x: NaN, y: NaN, vx: 0, vy: 0, isPinned: false };
      Object.assign(node, this.#infos.get(id) ?? { kind: "name" });
      node.links = [];
      node.isExpanded = this.expansions.has(id);
      this.nodes.set(id, node);
    }
    this.edges = [...links].map((link) => {
      const edge = { link, from: this.nodes.get(link.from), to: this.nodes.get(link.to) };
      edge.from.links.push(edge);
      edge.to.links.push(edge);
      return edge;
    });
    this.#place();
  }

  /** Takes the links of a node away that no other expansion brought. */
  collapse(id) {
    if (id === this.root || !this.expansions.delete(id)) return false;
    this.rebuild();
    return true;
  }

  /** Takes a node away. */
  hide(id) {
    if (id === this.root || !this.nodes.has(id)) return false;
    this.expansions.delete(id);
    this.hidden.add(id);
    this.rebuild();
    return true;
  }

  /** Nodes expanded besides the root, in their order. */
  get expanded() {
    return [...this.expansions.keys()].filter((id) => id && id !== this.root);
  }

  #place() {
    let index = 0;
    for (const node of this.nodes.values()) {
      index += 1;
      if (!Number.isNaN(node.x)) continue;
      const known = node.links
        .map((edge) => (edge.from === node ? edge.to : edge.from))
        .find((other) => !Number.isNaN(other.x));
      const radius = known ? 30 + 4 * Math.sqrt(index) : node.id === this.root ? 0
        : 20 * Math.sqrt(index);
      node.x = (known?.x ?? 0) + radius * Math.cos(index * goldenAngle);
      node.y = (known?.y ?? 0) + radius * Math.sin(index * goldenAngle);
    }
  }
}

const ranks = ["name", "mail", "nameserver", "address"];

/** What is known of a node: the most telling kind, the newest hint. */
function merged(before, info) {
  if (!before) return { ...info };
  const kind = ranks.indexOf(before.kind) > ranks.indexOf(info.kind) ? before.kind : info.kind;
  const told = info.hint === undefined ? before : info;
  return {
    ...before, ...info, kind, hint: told.hint, badges: told.badges, noise: told.noise,
  };
}
