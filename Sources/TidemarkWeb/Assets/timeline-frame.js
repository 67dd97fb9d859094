// The parts that the page gets when a script draws the timeline, and the frames in which it draws.

function make(name, attributes = {}, text = "") {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

function button(text, label) {
  const attributes = { type: "button", class: "button" };
  if (label) attributes["aria-label"] = label;
  return make("button", attributes, text);
}

// Tools, strip, canvas, tooltip; put in front of the picture that the server drew.
export function makeParts(count) {
  const parts = {
    live: make("div", { class: "tl-live" }),
    window: make("span", { class: "tl-window num" }),
    zoomOut: button("−", "Zoom out"),
    zoomIn: button("+", "Zoom in"),
    reset: button("Whole time"),
    apply: button("Apply window"),
    strip: make("canvas", { class: "tl-strip", "aria-hidden": "true" }),
    scroll: make("div", { class: "tl-scroll" }),
    spacer: make("div", { class: "tl-spacer" }),
    canvas: make("canvas", {
      class: "tl-canvas", role: "img", tabindex: "0", "aria-describedby": "tl-keys",
      "aria-label": `Timeline of ${count} values from first to last seen. `
        + "The same values stand in the table.",
    }),
    tip: make("div", { class: "tl-tip", hidden: "" }),
    said: make("p", { class: "visually-hidden", role: "status" }),
    probe: make("span", { class: "tl-probe mono", "aria-hidden": "true" }),
    keys: make("p", { class: "tl-keys quiet", id: "tl-keys" },
      "Drag to move, Ctrl and wheel or + and − to zoom, Shift and drag or the strip to select. "
        + "Up and Down choose a value, Enter looks it up, Escape shows the whole time."),
  };
  parts.apply.classList.add("main");
  const tools = make("div", { class: "tl-tools row" });
  tools.append(parts.zoomOut, parts.zoomIn, parts.reset, parts.apply, parts.window);
  parts.spacer.append(parts.canvas);
  parts.scroll.append(parts.spacer);
  parts.live.append(
    tools, parts.strip, parts.scroll, parts.keys, parts.tip, parts.said, parts.probe);
  return parts;
}

// Draws at most once a frame, and keeps how long frames took while it drew one after the other.
export class Frames {
  constructor(draw) {
    this.draw = draw;
    this.isAsked = false;
    this.isRunning = false;
    this.last = 0;
    this.times = [];
  }

  ask() {
    this.isAsked = true;
    if (this.isRunning) return;
    this.isRunning = true;
    requestAnimationFrame((now) => this.tick(now));
  }

  tick(now) {
    if (!this.isAsked) {
      // A frame without anything to draw ends the row: waiting is not slowness.
      this.isRunning = false;
      this.last = 0;
      return;
    }
    this.isAsked = false;
    if (this.last > 0 && this.times.length < 100000) this.times.push(now - this.last);
    this.last = now;
    requestAnimationFrame((next) => this.tick(next));
    this.draw(now);
  }

  // Milliseconds between drawn frames since the last call.
  take() {
    const times = this.times;
    this.times = [];
    return times;
  }
}

// Lines of the tooltip.
export function fill(tip, lines) {
  tip.replaceChildren(...lines.map(([text, name]) => make("p", { class: name }, text)));
}
