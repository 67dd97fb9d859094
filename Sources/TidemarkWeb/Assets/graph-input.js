// Pointer and keys on the picture of a graph.

const arrows = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
};

/** Pixels a pointer may move in a click. */
const clickSlack = 4;

function point(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

/** Drag moves a node or the picture, two fingers and the wheel zoom, a click chooses. */
export function watchPointer(canvas, graph) {
  const pointers = new Map();
  let held = null;
  let start = null;
  let span = 0;

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const at = point(canvas, event);
    pointers.set(event.pointerId, at);
    canvas.setPointerCapture(event.pointerId);
    start = { at, moved: false };
    held = pointers.size === 1 ? graph.drawing.hit(graph.nodes, ...at) : null;
    span = 0;
  });

  canvas.addEventListener("pointermove", (event) => {
    const at = point(canvas, event);
    const before = pointers.get(event.pointerId);
    if (!before) {
      canvas.classList.toggle("gr-over", graph.drawing.hit(graph.nodes, ...at) !== null);
      return;
    }
    pointers.set(event.pointerId, at);
    if (!start.moved && Math.hypot(at[0] - start.at[0], at[1] - start.at[1]) < clickSlack) return;
    start.moved = true;
    if (pointers.size === 2) {
      span = pinch([...pointers.values()], span, graph.drawing);
    } else if (held) {
      [held.x, held.y] = graph.drawing.place(...at);
      held.isHeld = true;
      graph.nudge();
    } else {
      graph.drawing.view.x += at[0] - before[0];
      graph.drawing.view.y += at[1] - before[1];
    }
    graph.follow(false);
    graph.draw();
  });

  const release = (event) => {
    if (!pointers.delete(event.pointerId)) return;
    if (held) held.isHeld = false;
    if (event.type === "pointerup" && start && !start.moved) {
      graph.choose(graph.drawing.hit(graph.nodes, ...point(canvas, event)));
    }
    held = null;
    span = 0;
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("dblclick", () => graph.expandChosen());
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    graph.follow(false);
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    graph.drawing.zoom(Math.exp(-event.deltaY * lines * 0.0015), ...point(canvas, event));
    graph.draw();
  }, { passive: false });
}

/** Zooms by the distance of two fingers. */
function pinch([one, other], before, drawing) {
  const span = Math.hypot(one[0] - other[0], one[1] - other[1]);
  if (before > 0 && span > 0) {
    drawing.zoom(span / before, (one[0] + other[0]) / 2, (one[1] + other[1]) / 2);
  }
  return span;
}

/** Arrows walk, Enter expands, Delete removes, Escape lets go, plus and minus zoom. */
export function watchKeys(canvas, graph) {
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = arrows[event.key];
    if (direction) {
      const next = neighbour(graph, direction);
      if (next) graph.choose(next);
    } else {
      const action = keyActions(graph)[event.key];
      if (!action) return;
      action();
    }
    event.preventDefault();
  });
}

function keyActions(graph) {
  const zoom = (factor) => {
    graph.follow(false);
    graph.drawing.zoom(factor);
    graph.draw();
  };
  const remove = () => { if (graph.chosen) graph.hide(graph.chosen.id); };
  return {
    "Enter": () => graph.expandChosen(),
    "Delete": remove,
    "Backspace": remove,
    "Escape": () => graph.choose(null),
    "p": () => { if (graph.chosen) graph.pin(graph.chosen.id); },
    "+": () => zoom(1.3),
    "-": () => zoom(1 / 1.3),
    "0": () => { graph.follow(true); graph.fit(); },
  };
}

/** The nearest node in a direction: linked ones first, those straight ahead before others. */
function neighbour(graph, [directionX, directionY]) {
  const from = graph.chosen;
  if (!from) return graph.model.nodes.get(graph.model.root) ?? graph.nodes[0] ?? null;
  const linked = from.links.map((edge) => (edge.from === from ? edge.to : edge.from));
  return ahead(from, linked, directionX, directionY)
    ?? ahead(from, graph.nodes, directionX, directionY);
}

function ahead(from, nodes, directionX, directionY) {
  let best = null;
  let least = Infinity;
  for (const node of nodes) {
    if (node === from) continue;
    const [dx, dy] = [node.x - from.x, node.y - from.y];
    const forward = dx * directionX + dy * directionY;
    const aside = Math.abs(dx * directionY) + Math.abs(dy * directionX);
    if (forward <= 0 || aside > forward * 1.5) continue;
    const cost = forward + 2 * aside;
    if (cost < least) {
      least = cost;
      best = node;
    }
  }
  return best;
}
