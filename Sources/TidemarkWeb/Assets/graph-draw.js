// Draws the graph on a canvas: shapes as well as colours tell the kinds of nodes.

const size = 5;
const labelsMax = 140;
const labelsMoving = 40;
const labelLetters = 34;
const labelHeight = 15;

/** Kind to the variable of its colour. */
const colours = {
  name: "--c-name", address: "--c-address", nameserver: "--c-ns", mail: "--c-mx",
};

export class Drawing {
  /** From the places of nodes to pixels of the style sheet. */
  view = { scale: 1, x: 0, y: 0 };
  #canvas;
  #context;
  #theme = {};
  #looks = new Map();
  #ratio = 1;

  constructor(canvas) {
    this.#canvas = canvas;
    // Opaque: the browser need not mix it with the page.
    this.#context = canvas.getContext("2d", { alpha: false });
    this.readTheme();
    this.resize();
  }

  /** Pixels of the style sheet; kept, since asking for them makes the browser lay out. */
  width = 0;
  height = 0;

  /** Colours of the page as it looks now. */
  readTheme() {
    this.#looks.clear();
    const style = getComputedStyle(this.#canvas);
    const value = (name) => style.getPropertyValue(name).trim() || style.color;
    this.#theme = {
      ink: value("--ink"), quiet: value("--ink-2"), line: value("--line-2"),
      panel: value("--panel"), accent: value("--accent"), focus: value("--focus"),
      font: `12px ${style.getPropertyValue("--mono") || "monospace"}`,
    };
    for (const [kind, name] of Object.entries(colours)) this.#theme[kind] = value(name);
    this.#context.font = this.#theme.font;
    // All letters are as wide.
    this.#theme.letter = this.#context.measureText("0").width;
  }

  /** As many pixels as the screen has. */
  resize() {
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    this.width = this.#canvas.clientWidth;
    this.height = this.#canvas.clientHeight;
    this.#canvas.width = Math.max(1, Math.round(this.width * ratio));
    this.#canvas.height = Math.max(1, Math.round(this.height * ratio));
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (ratio !== this.#ratio) this.#looks.clear();
    this.#ratio = ratio;
  }

  /** Shows all nodes. */
  fit(nodes) {
    if (nodes.length === 0 || this.width === 0) return;
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const node of nodes) {
      left = Math.min(left, node.x);
      right = Math.max(right, node.x);
      top = Math.min(top, node.y);
      bottom = Math.max(bottom, node.y);
    }
    // Room for labels at the sides, as far as there is any.
    const scale = Math.min(
      (this.width - Math.min(320, this.width / 2)) / Math.max(right - left, 1),
      (this.height - 64) / Math.max(bottom - top, 1), 2);
    this.view.scale = Math.max(scale, 0.02);
    this.view.x = this.width / 2 - ((left + right) / 2) * this.view.scale;
    this.view.y = this.height / 2 - ((top + bottom) / 2) * this.view.scale;
  }

  /** Zooms around a point on the screen. */
  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const scale = Math.min(Math.max(this.view.scale * factor, 0.02), 8);
    const change = scale / this.view.scale;
    this.view.x = x - (x - this.view.x) * change;
    this.view.y = y - (y - this.view.y) * change;
    this.view.scale = scale;
  }

  /** Moves the picture so far that a node is on it. */
  reveal(node) {
    const [x, y] = this.screen(node);
    const margin = 40;
    if (x < margin || x > this.width - margin) this.view.x += this.width / 2 - x;
    if (y < margin || y > this.height - margin) this.view.y += this.height / 2 - y;
  }

  screen(node) {
    return [node.x * this.view.scale + this.view.x, node.y * this.view.scale + this.view.y];
  }

  place(x, y) {
    return [(x - this.view.x) / this.view.scale, (y - this.view.y) / this.view.scale];
  }

  /** The node at a point of the screen; null where there is none. */
  hit(nodes, x, y) {
    let best = null;
    let nearest = 14 * 14;
    for (const node of nodes) {
      const [nodeX, nodeY] = this.screen(node);
      const distance2 = (nodeX - x) ** 2 + (nodeY - y) ** 2;
      if (distance2 < nearest) {
        nearest = distance2;
        best = node;
      }
    }
    return best;
  }

  /** Draws a frame; one of many in motion has fewer labels. */
  draw(model, chosen, isMoving = false) {
    const context = this.#context;
    context.fillStyle = this.#theme.panel;
    context.fillRect(0, 0, this.width, this.height);
    this.#drawEdges(model.edges, chosen);
    const nodes = [...model.nodes.values()];
    this.#drawNodes(nodes);
    if (chosen) this.#mark(chosen);
    this.#drawLabels(model, nodes, chosen, isMoving);
  }

  #drawEdges(edges, chosen) {
    const context = this.#context;
    const near = edges.filter((edge) => edge.from === chosen || edge.to === chosen);
    context.globalAlpha = edges.length > 600 ? 0.35 : 0.6;
    context.lineWidth = 1;
    context.strokeStyle = this.#theme.line;
    this.#strokeLines(edges);
    context.globalAlpha = 1;
    context.lineWidth = 1.5;
    context.strokeStyle = this.#theme.accent;
    this.#strokeLines(near);
  }

  /** Some lines at a time: one path of thousands is slow to fill in. */
  #strokeLines(edges) {
    const context = this.#context;
    const { scale, x, y } = this.view;
    for (let at = 0; at < edges.length; at += 48) {
      context.beginPath();
      const end = Math.min(at + 48, edges.length);
      for (let index = at; index < end; index += 1) {
        const { from, to } = edges[index];
        context.moveTo(from.x * scale + x, from.y * scale + y);
        context.lineTo(to.x * scale + x, to.y * scale + y);
      }
      context.stroke();
    }
  }

  #radius(node) {
    const grown = size + Math.min(Math.sqrt(node.links.length), 8) * 0.9;
    return Math.max(grown * Math.min(Math.max(this.view.scale, 0.45), 1.6), 2);
  }

  /** Full when expanded, otherwise hollow. Each look is drawn once and then copied. */
  #drawNodes(nodes) {
    const context = this.#context;
    for (const node of nodes) {
      const [x, y] = this.screen(node);
      if (x < -24 || y < -24 || x > this.width + 24 || y > this.height + 24) continue;
      const look = this.#look(node.kind, node.isExpanded, this.#radius(node));
      context.drawImage(look.image, x - look.half, y - look.half, look.half * 2, look.half * 2);
      if (!node.isPinned) continue;
      const width = this.#radius(node) + 3;
      context.fillStyle = this.#theme.ink;
      context.fillRect(x - width, y - width - 3, width * 2, 2);
    }
  }

  #look(kind, isFull, radius) {
    const rounded = Math.round(radius * 2) / 2;
    const name = `${kind}${isFull}${rounded}`;
    const known = this.#looks.get(name);
    if (known) return known;
    const half = Math.ceil(rounded * 1.3 + 3);
    const image = document.createElement("canvas");
    image.width = half * 2 * this.#ratio;
    image.height = half * 2 * this.#ratio;
    const context = image.getContext("2d");
    context.scale(this.#ratio, this.#ratio);
    context.beginPath();
    outline(context, kind, half, half, rounded);
    context.fillStyle = isFull ? this.#theme[kind] : this.#theme.panel;
    context.fill();
    context.lineWidth = 1.75;
    context.strokeStyle = this.#theme[kind];
    context.stroke();
    const look = { image, half };
    this.#looks.set(name, look);
    return look;
  }

  #mark(node) {
    const context = this.#context;
    const [x, y] = this.screen(node);
    context.beginPath();
    context.arc(x, y, this.#radius(node) + 6, 0, 2 * Math.PI);
    context.lineWidth = 2.5;
    context.strokeStyle = this.#theme.focus;
    context.stroke();
  }

  /** Labels of what matters: the chosen node and those beside it, then those with most links. */
  #drawLabels(model, nodes, chosen, isMoving) {
    const near = new Set(chosen ? [chosen] : []);
    for (const edge of chosen?.links ?? []) {
      if (near.size < 40) near.add(edge.from === chosen ? edge.to : edge.from);
    }
    const isClose = this.view.scale > 0.55;
    // A large picture in motion is not read: labels of its hubs tell where one is.
    const least = isMoving && nodes.length > 400 ? 20 : isClose ? 0 : 3;
    const rank = ({ node }) => (node === chosen ? 2 : near.has(node) ? 1 : 0);
    const places = nodes
      .map((node) => ({ node, at: this.screen(node), gap: this.#radius(node) + 5 }))
      .filter(({ at: [x, y] }) => x >= 0 && y >= 0 && x <= this.width && y <= this.height);
    const wanted = places
      .filter(({ node }) => near.has(node) || node.links.length >= least || node.id === model.root)
      .sort((one, other) => rank(other) - rank(one)
        || other.node.links.length - one.node.links.length);
    const context = this.#context;
    context.font = this.#theme.font;
    context.textBaseline = "middle";
    const taken = [];
    for (const place of wanted) {
      if (taken.length >= (isMoving ? labelsMoving : labelsMax)) break;
      const { id } = place.node;
      const text = id.length > labelLetters ? `…${id.slice(1 - labelLetters)}` : id;
      const box = this.#labelBox(place, text.length, taken, places);
      if (!box) continue;
      taken.push(box);
      this.#label(text, box.left, box.y, place.node === chosen || id === model.root);
    }
  }

  /** Room for a label that covers no other one, if possible no node; null where there is none. */
  #labelBox({ node, at: [x, y], gap }, letters, taken, places) {
    const width = letters * this.#theme.letter;
    // Outwards first: on the far side of the node that it hangs on.
    const edge = node.links[0];
    const isLeft = edge && (edge.from === node ? edge.to : edge.from).x > node.x + 4;
    const sides = isLeft ? [x - gap - width, x + gap] : [x + gap, x - gap - width];
    const free = sides.filter((left) => taken.every((other) => Math.abs(other.y - y) >= labelHeight
      || other.left >= left + width || other.left + other.width <= left));
    const covers = (left) => places.some(({ node: other, at, gap: reach }) => other !== node
      && Math.abs(at[1] - y) < reach && at[0] + reach > left && at[0] - reach < left + width);
    const left = free.find((side) => !covers(side)) ?? free[0];
    return left === undefined ? null : { left, width, y };
  }

  #label(text, left, y, isStrong) {
    const context = this.#context;
    context.lineWidth = 3;
    context.strokeStyle = this.#theme.panel;
    context.strokeText(text, left, y);
    context.fillStyle = isStrong ? this.#theme.ink : this.#theme.quiet;
    context.fillText(text, left, y);
  }
}

/** Adds the shape of a kind to the path. */
function outline(context, kind, x, y, radius) {
  switch (kind) {
    case "address": {
      const half = radius * 0.89;
      context.rect(x - half, y - half, 2 * half, 2 * half);
      return;
    }
    case "nameserver": {
      const half = radius * 1.25;
      context.moveTo(x, y - half);
      context.lineTo(x + half, y);
      context.lineTo(x, y + half);
      context.lineTo(x - half, y);
      context.closePath();
      return;
    }
    case "mail": {
      const half = radius * 1.2;
      context.moveTo(x, y - half);
      context.lineTo(x + half, y + half * 0.8);
      context.lineTo(x - half, y + half * 0.8);
      context.closePath();
      return;
    }
    default:
      context.arc(x, y, radius, 0, 2 * Math.PI);
  }
}
