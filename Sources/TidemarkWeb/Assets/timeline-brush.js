// The strip above the timeline: how many values were seen when, over the whole time. Dragging on it
// selects what the timeline shows; dragging the selection moves it.

import { grouped, histogram } from "./timeline-model.js";

const CLICK = 4;

export class Brush {
  // change(from, to) is called while the pointer moves.
  constructor(canvas, model, change) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.model = model;
    this.change = change;
    this.view = { from: model.from, to: model.to };
    this.left = 0;
    this.width = 1;
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointercancel", () => { this.drag = null; });
  }

  // left and width: where the plot below lies, so that both have one axis.
  resize(full, height, left, width) {
    const ratio = Math.min(window.devicePixelRatio || 1, 3);
    this.ratio = ratio;
    this.full = full;
    this.height = height;
    this.left = left;
    this.width = width;
    this.canvas.width = Math.round(full * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.width = full + "px";
    this.canvas.style.height = height + "px";
    this.parts = histogram(this.model, Math.max(Math.floor(width / 3), 1));
    this.most = this.parts.reduce((most, part) => Math.max(most, part), 1);
  }

  paint(look, view) {
    this.view = view;
    const { context, height, model } = this;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.full, height);
    const isWhole = view.from <= model.from && view.to >= model.to;
    const from = this.x(Math.max(view.from, model.from));
    const to = Math.max(this.x(Math.min(view.to, model.to)), from + 2);
    const step = this.width / this.parts.length;
    context.fillStyle = look.edge;
    this.parts.forEach((part, at) => {
      if (part === 0) return;
      const x = this.left + at * step;
      context.globalAlpha = x + step > from && x < to ? 1 : 0.4;
      // The square root: one value among thousands is still to be seen.
      const tall = Math.max(Math.sqrt(part / this.most) * (height - 8), 1.5);
      context.fillRect(x, height - 1 - tall, Math.max(step - 1, 1), tall);
    });
    context.globalAlpha = 1;
    context.fillStyle = look.line;
    context.fillRect(this.left, height - 1, this.width, 1);
    context.font = "12px " + look.sans;
    context.textBaseline = "middle";
    context.fillStyle = look.quiet;
    context.fillText("Most at once: " + grouped(this.most), 0, height / 2);
    if (isWhole) return;
    context.globalAlpha = 0.14;
    context.fillStyle = look.accent;
    context.fillRect(from, 0, to - from, height);
    context.globalAlpha = 1;
    context.fillRect(from, 0, 2, height);
    context.fillRect(to - 2, 0, 2, height);
  }

  x(time) {
    return this.left + (time - this.model.from) / (this.model.to - this.model.from) * this.width;
  }

  time(x) {
    const part = Math.min(Math.max((x - this.left) / this.width, 0), 1);
    return this.model.from + part * (this.model.to - this.model.from);
  }

  press(event) {
    if (event.button !== 0) return;
    const { model, view } = this;
    const isWhole = view.from <= model.from && view.to >= model.to;
    const time = this.time(event.offsetX);
    const isInside = !isWhole && time > view.from && time < view.to;
    this.drag = { x: event.offsetX, time, isInside, view: { ...view } };
    this.canvas.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  move(event) {
    const { drag } = this;
    if (!drag || Math.abs(event.offsetX - drag.x) < CLICK) return;
    const time = this.time(event.offsetX);
    if (drag.isInside) {
      const by = time - drag.time;
      this.change(drag.view.from + by, drag.view.to + by);
    } else {
      this.change(Math.min(drag.time, time), Math.max(drag.time, time));
    }
  }

  release(event) {
    const { drag } = this;
    this.drag = null;
    if (!drag || Math.abs(event.offsetX - drag.x) >= CLICK) return;
    // A click shows the surroundings of a time.
    const half = (drag.view.to - drag.view.from) / (drag.isInside ? 2 : 4);
    this.change(drag.time - half, drag.time + half);
  }
}
