// Wheel, pointer, fingers and keys on the timeline's canvas.

import { AXIS } from "./timeline-draw.js";

const CLICK = 4;

export function listen(timeline) {
  const { canvas } = timeline.parts;
  const pointer = new Pointers(timeline);
  canvas.addEventListener("wheel", (event) => wheel(timeline, event), { passive: false });
  canvas.addEventListener("pointerdown", (event) => pointer.press(event));
  canvas.addEventListener("pointermove", (event) => pointer.move(event));
  canvas.addEventListener("pointerup", (event) => pointer.release(event));
  canvas.addEventListener("pointercancel", (event) => pointer.cancel(event));
  canvas.addEventListener("pointerleave", () => pointer.leave());
  canvas.addEventListener("auxclick", (event) => pointer.follow(event));
  canvas.addEventListener("keydown", (event) => key(timeline, event));
  canvas.addEventListener("focus", () => {
    timeline.hasFocus = canvas.matches(":focus-visible");
    if (timeline.hasFocus) timeline.choose(Math.max(timeline.current, 0));
    timeline.frames.ask();
  });
  canvas.addEventListener("blur", () => {
    timeline.hasFocus = false;
    timeline.hideTip();
    timeline.frames.ask();
  });
}

// Ctrl and wheel zooms, as does a pinch on a touch pad; sideways moves; the rest scrolls as ever.
function wheel(timeline, event) {
  const unit = event.deltaMode === 1 ? 16 : 1;
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    const time = timeline.painter.time(event.offsetX, timeline.view);
    const delta = Math.min(Math.max(event.deltaY * unit, -120), 120);
    timeline.zoom(Math.exp(delta * 0.0045), time);
    return;
  }
  const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
  if (sideways === 0 || Math.abs(event.deltaX) < Math.abs(event.deltaY) && !event.shiftKey) return;
  event.preventDefault();
  timeline.pan(sideways * unit / timeline.painter.columns.width);
}

const KEYS = {
  "+": (timeline) => timeline.zoom(0.5),
  "=": (timeline) => timeline.zoom(0.5),
  "-": (timeline) => timeline.zoom(2),
  ArrowLeft: (timeline) => timeline.pan(-0.15),
  ArrowRight: (timeline) => timeline.pan(0.15),
  ArrowUp: (timeline) => timeline.choose(timeline.current - 1),
  ArrowDown: (timeline) => timeline.choose(timeline.current + 1),
  PageUp: (timeline) => timeline.choose(timeline.current - page(timeline)),
  PageDown: (timeline) => timeline.choose(timeline.current + page(timeline)),
  Home: (timeline) => timeline.choose(0),
  End: (timeline) => timeline.choose(timeline.model.bars.length - 1),
  Escape: (timeline) => {
    timeline.hideTip();
    timeline.reset();
  },
  Enter: (timeline) => {
    const bar = timeline.model.bars[timeline.current];
    if (bar) location.assign(timeline.link(bar));
  },
};

function page(timeline) {
  return Math.max(Math.floor((timeline.painter.height - AXIS) / timeline.look.rowHeight) - 2, 1);
}

function key(timeline, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const action = KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  // Keys of the page, such as Enter on a row of its table, do not mean the timeline.
  event.stopPropagation();
  timeline.hasFocus = true;
  action(timeline);
}

class Pointers {
  constructor(timeline) {
    this.timeline = timeline;
    // Places of the pointers that are down, by id.
    this.down = new Map();
    this.drag = null;
  }

  press(event) {
    if (event.button !== 0) return;
    const { timeline, down } = this;
    down.set(event.pointerId, event.offsetX);
    timeline.parts.canvas.setPointerCapture(event.pointerId);
    if (down.size === 2) {
      const [one, other] = [...down.values()];
      this.pinch = { distance: Math.max(Math.abs(one - other), 8), view: { ...timeline.view } };
      this.drag = null;
      timeline.band = null;
      return;
    }
    this.drag = {
      x: event.offsetX, y: event.offsetY, hasMoved: false, view: { ...timeline.view },
      selects: event.shiftKey, time: timeline.painter.time(event.offsetX, timeline.view),
    };
  }

  move(event) {
    const { timeline, down, drag } = this;
    if (down.has(event.pointerId)) down.set(event.pointerId, event.offsetX);
    if (this.pinch && down.size === 2) {
      this.spread();
      return;
    }
    if (!drag) {
      if (event.pointerType !== "touch") this.hover(event);
      return;
    }
    const way = Math.hypot(event.offsetX - drag.x, event.offsetY - drag.y);
    if (!drag.hasMoved && way < CLICK) return;
    drag.hasMoved = true;
    timeline.hideTip();
    if (drag.selects) {
      const time = timeline.painter.time(event.offsetX, timeline.view);
      timeline.band = { from: Math.min(drag.time, time), to: Math.max(drag.time, time) };
      timeline.frames.ask();
      return;
    }
    const { from, to } = drag.view;
    const by = (drag.x - event.offsetX) / timeline.painter.columns.width * (to - from);
    timeline.show(from + by, to + by);
  }

  // Two fingers: the times under them move with them.
  spread() {
    const { timeline, pinch } = this;
    const [one, other] = [...this.down.values()];
    const factor = pinch.distance / Math.max(Math.abs(one - other), 8);
    const fixed = timeline.painter.time((one + other) / 2, pinch.view);
    const { from, to } = pinch.view;
    timeline.show(fixed - (fixed - from) * factor, fixed + (to - fixed) * factor);
  }

  release(event) {
    const { timeline, drag } = this;
    this.cancel(event, true);
    if (!drag) return;
    if (drag.selects && timeline.band) {
      const { from, to } = timeline.band;
      timeline.band = null;
      timeline.lead(from, to);
      return;
    }
    if (!drag.hasMoved) this.follow(event);
  }

  cancel(event, keepsBand = false) {
    this.down.delete(event.pointerId);
    if (this.down.size < 2) this.pinch = null;
    this.drag = null;
    if (!keepsBand) this.timeline.band = null;
  }

  // A click on a label looks it up; one on a bar makes it the current one.
  follow(event) {
    const { timeline } = this;
    const index = timeline.barAt(event.offsetY);
    if (index < 0 || event.button > 1) return;
    if (event.offsetX > timeline.painter.columns.label) {
      if (event.button === 0) timeline.choose(index);
      return;
    }
    const link = timeline.link(timeline.model.bars[index], event.offsetX);
    const isAside = event.button === 1 || event.ctrlKey || event.metaKey;
    if (isAside) window.open(link, "_blank", "noopener");
    else location.assign(link);
  }

  hover(event) {
    const { timeline } = this;
    const index = timeline.barAt(event.offsetY);
    const isLabel = index >= 0 && event.offsetX <= timeline.painter.columns.label;
    timeline.parts.canvas.classList.toggle("tl-on-label", isLabel);
    if (index !== timeline.hovered) {
      timeline.hovered = index;
      timeline.frames.ask();
    }
    if (index < 0) timeline.hideTip();
    else timeline.showTip(index, event.offsetX, event.offsetY);
  }

  leave() {
    const { timeline } = this;
    if (this.drag) return;
    timeline.hovered = -1;
    timeline.hideTip();
    timeline.frames.ask();
  }
}
