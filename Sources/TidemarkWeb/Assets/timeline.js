// The timeline: bars of up to 5,000 values on a canvas that scrolls, zooms and selects a window.
// Without it the page shows what the server drew, and links to shorter times.

import { Brush } from "./timeline-brush.js";
import { AXIS, Painter, readLook } from "./timeline-draw.js";
import { Frames, fill, makeParts } from "./timeline-frame.js";
import { listen } from "./timeline-input.js";
import {
  DAY, grouped, layOut, minute, read, rowAt, visible, windowText,
} from "./timeline-model.js";

const SPAN_MIN = 3600;
const HEAD = 30;
const STRIP = 44;
// Room beside the canvas, as the style sheet has it.
const INSET = 12;
const isStill = matchMedia("(prefers-reduced-motion: reduce)");

class Timeline {
  constructor(figure, model) {
    this.figure = figure;
    this.model = model;
    this.view = { from: model.from, to: model.to };
    this.current = -1;
    this.hovered = -1;
    this.hasFocus = false;
    this.band = null;
    this.parts = makeParts(grouped(model.bars.length));
    const place = figure.querySelector(".tl-static");
    place.before(this.parts.live);
    place.hidden = true;
    // The script is sent more values than the server draws.
    const said = figure.querySelector("[data-count]");
    if (said) said.textContent = grouped(model.bars.length);
    const more = figure.querySelector("[data-more]");
    if (more) more.hidden = !model.more;
    this.painter = new Painter(this.parts.canvas);
    this.brush = new Brush(this.parts.strip, model, (from, to) => this.show(from, to));
    this.frames = new Frames((now) => this.draw(now));
    this.takeLook();
    this.watch();
    listen(this);
  }

  watch() {
    const takeLook = () => this.takeLook();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", takeLook);
    new MutationObserver(takeLook).observe(document.documentElement, {
      attributes: true, attributeFilter: ["data-theme", "data-density", "class"],
    });
    new ResizeObserver(() => this.measure()).observe(this.parts.live);
    const { parts } = this;
    parts.scroll.addEventListener("scroll", () => {
      this.hideTip();
      this.frames.ask();
    }, { passive: true });
    parts.zoomIn.addEventListener("click", () => this.zoom(0.5));
    parts.zoomOut.addEventListener("click", () => this.zoom(2));
    parts.reset.addEventListener("click", () => this.reset());
    parts.apply.addEventListener("click", () => this.apply());
  }

  takeLook() {
    this.look = readLook(this.parts.live);
    this.painter.setLook(this.look);
    this.layout = layOut(this.model, this.look.rowHeight, HEAD);
    this.measure();
  }

  measure() {
    const { parts, layout, painter, brush } = this;
    const total = AXIS + layout.height + 8;
    const height = Math.min(total, Math.max(Math.round(innerHeight * 0.68), 240));
    parts.scroll.style.height = height + "px";
    parts.spacer.style.height = total + "px";
    painter.resize(Math.max(parts.scroll.clientWidth - 2 * INSET, 240), height);
    brush.resize(painter.width, STRIP, painter.columns.left, painter.columns.width);
    this.frames.ask();
  }

  draw(now) {
    this.step(now);
    const { model, layout, view, current, hovered, hasFocus, band } = this;
    const scrollTop = this.parts.scroll.scrollTop;
    this.painter.paint({ model, layout, view, scrollTop, current, hovered, hasFocus, band });
    this.brush.paint(this.look, view);
    const from = minute(Math.max(view.from, 0));
    this.say(this.parts.window, `${from} to ${minute(view.to)}`);
    const isWhole = this.isWhole;
    if (this.parts.reset.disabled !== isWhole) this.parts.reset.disabled = isWhole;
    if (this.parts.apply.disabled !== isWhole) this.parts.apply.disabled = isWhole;
  }

  say(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  get isWhole() {
    return this.view.from <= this.model.from && this.view.to >= this.model.to;
  }

  // Shows a span at once. It stays within the whole time and never becomes shorter than an hour.
  show(from, to) {
    const { model } = this;
    const whole = model.to - model.from;
    let span = Math.min(Math.max(to - from, Math.min(SPAN_MIN, whole)), whole);
    // What was zoomed in and out again is the whole, in spite of rounding.
    if (span > whole * 0.9995) span = whole;
    const start = Math.min(Math.max((from + to - span) / 2, model.from), model.to - span);
    this.view = { from: start, to: span === whole ? model.to : start + span };
    this.goal = null;
    this.frames.ask();
  }

  // Shows a span by and by, where motion is wanted.
  lead(from, to) {
    if (isStill.matches) {
      this.show(from, to);
      return;
    }
    this.goal = { from, to, start: { ...this.view }, since: 0 };
    this.frames.ask();
  }

  step(now) {
    const { goal } = this;
    if (!goal) return;
    if (!goal.since) goal.since = now;
    const part = Math.min((now - goal.since) / 160, 1);
    const eased = 1 - (1 - part) ** 3;
    const { start } = goal;
    this.show(
      start.from + (goal.from - start.from) * eased, start.to + (goal.to - start.to) * eased);
    if (part < 1) this.goal = goal;
  }

  // factor below 1 shows less; time stays where it is.
  zoom(factor, time = null) {
    const { from, to } = this.goal ?? this.view;
    const fixed = time ?? (from + to) / 2;
    const next = [fixed - (fixed - from) * factor, fixed + (to - fixed) * factor];
    if (time === null) this.lead(...next);
    else this.show(...next);
  }

  pan(part) {
    const { from, to } = this.goal ?? this.view;
    const by = (to - from) * part;
    this.show(from + by, to + by);
  }

  reset() {
    this.band = null;
    this.lead(this.model.from, this.model.to);
  }

  // Searches again, within the span that is shown.
  apply() {
    const url = new URL(location.href);
    const { after, before } = windowText(this.view.from, this.view.to);
    url.searchParams.set("after", after);
    url.searchParams.set("before", before);
    url.searchParams.set("view", "timeline");
    url.searchParams.delete("cursor");
    location.assign(url);
  }

  // The bar at a place of the canvas, -1 for none.
  barAt(y) {
    const offset = y - AXIS + this.parts.scroll.scrollTop;
    if (y < AXIS || offset >= this.layout.height) return -1;
    return this.layout.rows[rowAt(this.layout, offset)]?.bar ?? -1;
  }

  // Makes a bar the current one, and brings it into view.
  choose(index) {
    const { model, layout, parts, painter } = this;
    if (model.bars.length === 0) return;
    this.current = Math.min(Math.max(index, 0), model.bars.length - 1);
    const top = layout.tops[layout.places[this.current]];
    const room = painter.height - AXIS - layout.rowHeight;
    const scrollTop = parts.scroll.scrollTop;
    if (top - HEAD < scrollTop) parts.scroll.scrollTop = Math.max(top - HEAD, 0);
    else if (top > scrollTop + room) parts.scroll.scrollTop = top - room;
    const lines = this.lines(model.bars[this.current]).map(([text]) => text);
    this.say(parts.said, lines.join(", "));
    this.frames.ask();
    const y = AXIS + top - parts.scroll.scrollTop + layout.rowHeight;
    this.showTip(this.current, painter.columns.left, y);
  }

  lines(bar) {
    const span = Math.floor(bar.last / DAY) - Math.floor(bar.first / DAY) + 1;
    return [
      [this.both(bar.rrname), "mono tl-tip-name"],
      [bar.rrtype + " " + this.both(bar.rdata), "mono"],
      [minute(bar.first) + " to " + minute(bar.last), "num"],
      [`Seen on ${grouped(bar.days)} of ${grouped(span)} ${span === 1 ? "day" : "days"}, `
        + `${grouped(bar.count)} ${bar.count === 1 ? "time" : "times"}`, "num"],
    ];
  }

  // A name with letters of other scripts in both forms; long texts are cut.
  both(text) {
    const unicode = this.model.unicode.get(text);
    const short = text.length > 300 ? text.slice(0, 300) + "…" : text;
    return visible(unicode ? `${short} (${unicode})` : short);
  }

  // x and y: on the canvas.
  showTip(index, x, y) {
    const { tip, scroll, live } = this.parts;
    if (this.tipped !== index || tip.hidden) fill(tip, this.lines(this.model.bars[index]));
    this.tipped = index;
    tip.hidden = false;
    const left = Math.min(x + INSET + 14, live.clientWidth - tip.offsetWidth - 4);
    let top = scroll.offsetTop + y + 14;
    if (y + 14 + tip.offsetHeight > this.painter.height) {
      top = scroll.offsetTop + y - tip.offsetHeight - this.look.rowHeight - 6;
    }
    tip.style.transform = `translate(${Math.max(left, 0)}px, ${Math.max(top, 0)}px)`;
  }

  hideTip() {
    this.parts.tip.hidden = true;
  }

  // The look-up of what stands at a place of a label; without a place, of what the bar is named by.
  link(bar, x = null) {
    const isName = bar.side === 1
      || (bar.side === 2 && x !== null && x < this.painter.columns.label / 2);
    const url = new URL("/ui/search", location.origin);
    url.searchParams.set("q", isName ? bar.rrname : bar.pivot);
    if (this.model.trail) url.searchParams.set("trail", this.model.trail);
    return url;
  }
}

async function start(figure) {
  const answer = await fetch(figure.dataset.timeline, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const model = read(await answer.json());
  if (model.bars.length === 0 || !figure.querySelector(".tl-static")) return;
  const timeline = new Timeline(figure, model);
  window.tidemarkTimeline = { frames: () => timeline.frames.take() };
}

const figure = document.querySelector("[data-timeline]");
// What the server drew stays where the data cannot be had.
if (figure) start(figure).catch(() => {});
