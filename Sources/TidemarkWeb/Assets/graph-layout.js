// Places nodes by forces: links pull, nodes push each other away, all are drawn to the middle.
//
// Far nodes push as one (Barnes and Hut, 1986), so that a tick of 2,000 nodes takes some
// milliseconds. The heat goes down with each tick until the picture rests.

const linkLength = 84;
const charge = -60;
const theta2 = 0.9 * 0.9;
const gravity = 0.02;
const friction = 0.62;
const cooling = 0.977;
const coldest = 0.004;
const depthMax = 24;

export class Layout {
  heat = 0;
  #nodes = [];
  #edges = [];
  // The tree: four children of each cell; a leaf has the number of a node + 1.
  #children = new Int32Array(0);
  #leaf = new Int32Array(0);
  #mass = new Float64Array(0);
  #x = new Float64Array(0);
  #y = new Float64Array(0);
  #cells = 0;
  #stack = new Int32Array(512);
  #sizes = new Float64Array(512);

  /** Takes what is shown, and warms up. */
  set(nodes, edges, heat = 1) {
    this.#nodes = nodes;
    this.#edges = edges;
    this.heat = Math.max(this.heat, heat);
    const room = nodes.length * 8 + 64;
    if (this.#leaf.length < room) {
      this.#children = new Int32Array(room * 4);
      this.#leaf = new Int32Array(room);
      this.#mass = new Float64Array(room);
      this.#x = new Float64Array(room);
      this.#y = new Float64Array(room);
    }
  }

  get isAtRest() { return this.heat < coldest; }

  stop() { this.heat = 0; }

  warm(heat) { this.heat = Math.max(this.heat, heat); }

  /** One step; false when the picture rests. */
  tick() {
    if (this.isAtRest || this.#nodes.length === 0) return false;
    this.#pull();
    this.#push();
    for (const node of this.#nodes) {
      node.vx = (node.vx - node.x * gravity * this.heat) * friction;
      node.vy = (node.vy - node.y * gravity * this.heat) * friction;
      if (node.isPinned || node.isHeld) {
        node.vx = 0;
        node.vy = 0;
        continue;
      }
      const speed = Math.hypot(node.vx, node.vy);
      const limit = speed > 40 ? 40 / speed : 1;
      node.x += node.vx * limit;
      node.y += node.vy * limit;
    }
    this.heat *= cooling;
    return !this.isAtRest;
  }

  #pull() {
    for (const { from, to } of this.#edges) {
      let dx = to.x - from.x || 0.1;
      let dy = to.y - from.y || 0.1;
      const length = Math.hypot(dx, dy);
      const [a, b] = [from.links.length, to.links.length];
      const force = ((length - linkLength) / length) * this.heat / Math.min(a, b);
      dx *= force;
      dy *= force;
      // The one with more links moves less.
      const share = a / (a + b);
      to.vx -= dx * share;
      to.vy -= dy * share;
      from.vx += dx * (1 - share);
      from.vy += dy * (1 - share);
    }
  }

  #push() {
    const nodes = this.#nodes;
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const node of nodes) {
      left = Math.min(left, node.x);
      right = Math.max(right, node.x);
      top = Math.min(top, node.y);
      bottom = Math.max(bottom, node.y);
    }
    const size = Math.max(right - left, bottom - top, 1) + 1;
    this.#grow(left, top, size);
    for (let index = 0; index < nodes.length; index += 1) this.#pushOne(index, size);
  }

  #cell() {
    const cell = this.#cells;
    this.#cells += 1;
    this.#children.fill(0, cell * 4, cell * 4 + 4);
    this.#leaf[cell] = 0;
    this.#mass[cell] = 0;
    this.#x[cell] = 0;
    this.#y[cell] = 0;
    return cell;
  }

  /** Builds the tree of all nodes. */
  #grow(left, top, size) {
    this.#cells = 0;
    this.#cell();
    const nodes = this.#nodes;
    for (let index = 0; index < nodes.length; index += 1) {
      this.#insert(index, left, top, size);
    }
    for (let cell = 0; cell < this.#cells; cell += 1) {
      this.#x[cell] /= this.#mass[cell];
      this.#y[cell] /= this.#mass[cell];
    }
  }

  #insert(index, left, top, size) {
    const { x, y } = this.#nodes[index];
    let cell = 0;
    let [middleX, middleY, half] = [left + size / 2, top + size / 2, size / 2];
    for (let depth = 0; ; depth += 1) {
      const [oldX, oldY, oldMass] = [this.#x[cell], this.#y[cell], this.#mass[cell]];
      this.#mass[cell] += 1;
      this.#x[cell] += x;
      this.#y[cell] += y;
      if (oldMass === 0) {
        this.#leaf[cell] = index + 1;
        return;
      }
      // Nodes on one spot, or a full tree, share a cell.
      if (depth >= depthMax || this.#cells + 4 >= this.#leaf.length) return;
      if (this.#leaf[cell] > 0 && oldMass === 1) {
        const known = this.#leaf[cell];
        this.#leaf[cell] = 0;
        const child = this.#child(cell, quarter(oldX, oldY, middleX, middleY));
        this.#mass[child] = 1;
        this.#x[child] = oldX;
        this.#y[child] = oldY;
        this.#leaf[child] = known;
      }
      const place = quarter(x, y, middleX, middleY);
      half /= 2;
      middleX += place & 1 ? half : -half;
      middleY += place & 2 ? half : -half;
      cell = this.#child(cell, place);
    }
  }

  #child(cell, place) {
    const at = cell * 4 + place;
    if (this.#children[at] === 0) this.#children[at] = this.#cell();
    return this.#children[at];
  }

  #pushOne(index, size) {
    const node = this.#nodes[index];
    const strength = charge * this.heat;
    let depth = 0;
    this.#stack[0] = 0;
    this.#sizes[0] = size;
    while (depth >= 0) {
      const cell = this.#stack[depth];
      const width = this.#sizes[depth];
      depth -= 1;
      const leaf = this.#leaf[cell];
      if (leaf === index + 1 && this.#mass[cell] === 1) continue;
      let dx = this.#x[cell] - node.x;
      let dy = this.#y[cell] - node.y;
      let distance2 = dx * dx + dy * dy;
      if (leaf > 0 || width * width < theta2 * distance2) {
        if (distance2 < 1) {
          // On one spot: away in a direction of its own.
          dx = Math.cos(index);
          dy = Math.sin(index);
          distance2 = 1;
        }
        const force = (strength * this.#mass[cell]) / Math.max(distance2, 25);
        node.vx += dx * force;
        node.vy += dy * force;
        continue;
      }
      for (let place = 0; place < 4; place += 1) {
        const child = this.#children[cell * 4 + place];
        if (child === 0 || depth + 1 >= this.#stack.length) continue;
        depth += 1;
        this.#stack[depth] = child;
        this.#sizes[depth] = width / 2;
      }
    }
  }
}

function quarter(x, y, middleX, middleY) {
  return (x >= middleX ? 1 : 0) | (y >= middleY ? 2 : 0);
}
