// Draws the timeline on its canvas. Only rows that can be seen are drawn, and text is cut once for
// each width, so that a frame costs the same with fifty bars and with five thousand.

import { grouped, rowAt, runAfter, ticks, visible } from "./timeline-model.js";

export const AXIS = 32;
const PIECE_MIN = 2;
const COLOURS = ["address", "name", "ns", "mx", "text", "other"];

// Colours, fonts and the height of rows, as the style sheet has them now.
export function readLook(element) {
  const style = getComputedStyle(element);
  const value = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  const look = {
    panel: value("--panel", "#fff"), ink: value("--ink", "#111"), quiet: value("--ink-2", "#555"),
    line: value("--line", "#ddd"), edge: value("--line-2", "#888"),
    hover: value("--hover", "#eee"), accent: value("--accent", "#06c"),
    focus: value("--focus", "#06c"), sans: style.fontFamily || "sans-serif", types: {},
  };
  for (const word of COLOURS) look.types[word] = value("--c-" + word, look.ink);
  // The family may be given by further variables; only a style that was computed has its names.
  const probe = element.querySelector(".tl-probe");
  look.mono = probe ? getComputedStyle(probe).fontFamily : "monospace";
  look.rowHeight = Math.max(24, Math.round(probe?.getBoundingClientRect().height || 24));
  return look;
}

// Places from left to right for a width.
export function columns(width) {
  const hasCounts = width >= 560;
  const label = Math.round(Math.min(300, width * (hasCounts ? 0.28 : 0.36)));
  const count = hasCounts ? label + 64 : label;
  const left = count + 14;
  return { label, count, left, width: Math.max(width - left - 10, 40), hasCounts };
}

export class Painter {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.width = 0;
    this.height = 0;
    this.serial = 0;
  }

  // Takes the size in CSS pixels; the canvas gets as many as the screen has for them.
  resize(width, height) {
    const ratio = Math.min(window.devicePixelRatio || 1, 3);
    if (width === this.width && height === this.height && ratio === this.ratio) return;
    this.ratio = ratio;
    this.width = width;
    this.height = height;
    this.columns = columns(width);
    this.serial += 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.width = width + "px";
    this.canvas.style.height = height + "px";
  }

  setLook(look) {
    this.look = look;
    this.serial += 1;
    this.small = "12px " + look.sans;
    this.strong = "600 13px " + look.sans;
    this.mono = "12px " + look.mono;
    this.context.font = this.mono;
    this.character = this.context.measureText("0123456789").width / 10 || 7.2;
  }

  // state: model, layout, view {from, to}, scrollTop, current, hovered, band {from, to} or null
  paint(state) {
    const { context, look, width, height } = this;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.fillStyle = look.panel;
    context.fillRect(0, 0, width, height);
    context.textBaseline = "middle";
    const marks = ticks(state.view.from, state.view.to, Math.max(2, this.columns.width / 90));
    this.grid(marks, state.view);
    const { rows, tops } = state.layout;
    const first = Math.max(rowAt(state.layout, state.scrollTop), 0);
    for (let at = first; at < rows.length; at += 1) {
      const y = AXIS + tops[at] - state.scrollTop;
      if (y >= height) break;
      if (rows[at].bar < 0) this.head(rows[at].group, y, state.layout.headHeight);
      else this.bar(state, rows[at].bar, y);
    }
    if (state.band) this.band(state.band, state.view);
    this.pinned(state, first);
    this.axis(marks, state.view);
  }

  x(time, view) {
    const part = (time - view.from) / (view.to - view.from);
    return this.columns.left + part * this.columns.width;
  }

  // A place within the plot as a time.
  time(x, view) {
    const part = (x - this.columns.left) / this.columns.width;
    return view.from + Math.min(Math.max(part, 0), 1) * (view.to - view.from);
  }

  grid(marks, view) {
    const { context, look } = this;
    for (const mark of marks) {
      context.globalAlpha = mark.major ? 1 : 0.6;
      context.fillStyle = look.line;
      context.fillRect(Math.round(this.x(mark.time, view)), AXIS, 1, this.height);
    }
    context.globalAlpha = 1;
  }

  axis(marks, view) {
    const { context, look } = this;
    context.fillStyle = look.panel;
    context.fillRect(0, 0, this.width, AXIS);
    context.fillStyle = look.line;
    context.fillRect(0, AXIS - 1, this.width, 1);
    context.font = this.small;
    context.textAlign = "center";
    let end = 0;
    for (const mark of marks) {
      const x = this.x(mark.time, view);
      const half = mark.label.length * 3.6;
      if (x - half <= end || x + half > this.width) continue;
      end = x + half + 6;
      context.fillStyle = mark.major ? look.ink : look.quiet;
      context.fillText(mark.label, x, AXIS / 2);
    }
    context.textAlign = "left";
  }

  head(group, y, height) {
    const { context, look } = this;
    context.fillStyle = look.panel;
    context.fillRect(0, y, this.width, height);
    context.fillStyle = look.line;
    context.fillRect(0, y + height - 1, this.width, 1);
    context.font = this.strong;
    context.fillStyle = look.types[group.colour] ?? look.ink;
    context.fillText(group.rrtype, 0, y + height / 2 + 1);
    const x = context.measureText(group.rrtype).width + 8;
    context.font = this.small;
    context.fillStyle = look.quiet;
    context.fillText(grouped(group.end - group.start), x, y + height / 2 + 1);
  }

  // The head of the group at the top stays until the next one pushes it away.
  pinned(state, first) {
    const { rows, tops, headHeight } = state.layout;
    const group = rows[first]?.group;
    if (!group || state.scrollTop <= 0) return;
    let next = first + 1;
    const limit = state.scrollTop + headHeight;
    while (next < rows.length && tops[next] < limit && rows[next].bar >= 0) next += 1;
    const pushed = next < rows.length && rows[next].bar < 0
      ? Math.min(0, tops[next] - state.scrollTop - headHeight) : 0;
    this.head(group, AXIS + pushed, headHeight);
  }

  bar(state, index, y) {
    const { context, look } = this;
    const bar = state.model.bars[index];
    const height = state.layout.rowHeight;
    const middle = y + height / 2;
    if (index === state.current || index === state.hovered) {
      context.fillStyle = look.hover;
      context.fillRect(0, y, this.width, height);
    }
    if (index === state.current && state.hasFocus) {
      context.strokeStyle = look.focus;
      context.lineWidth = 2;
      context.strokeRect(1, y + 1, this.width - 2, height - 2);
    }
    this.label(bar, middle, index === state.current || index === state.hovered);
    this.pieces(bar, state.view, middle, look.types[bar.colour] ?? look.ink);
  }

  label(bar, middle, isStrong) {
    const { context, look } = this;
    const place = this.columns;
    context.font = this.mono;
    context.fillStyle = isStrong ? look.accent : look.ink;
    if (bar.serial !== this.serial) {
      bar.serial = this.serial;
      bar.labels = this.cutLabels(bar, place.label);
    }
    for (const { text, x } of bar.labels) context.fillText(text, x, middle + 1);
    if (!place.hasCounts) return;
    context.textAlign = "right";
    context.fillStyle = look.quiet;
    context.fillText(grouped(bar.count), place.count, middle + 1);
    context.textAlign = "left";
  }

  cutLabels(bar, width) {
    const start = 4;
    if (bar.side === 0) return [{ text: this.cut(bar.rdata, width - start), x: start }];
    if (bar.side === 1) return [{ text: this.cut(bar.rrname, width - start), x: start }];
    const half = width / 2;
    return [
      { text: this.cut(bar.rrname, half - start - 8), x: start },
      { text: this.cut(bar.rdata, half - 4), x: half },
    ];
  }

  // The beginning of a text that is too long. Widths are measured for text beyond ASCII only.
  cut(foreign, width) {
    const text = visible(foreign.length > 200 ? foreign.slice(0, 200) : foreign);
    const most = Math.max(Math.floor(width / this.character), 2);
    if (/^[\x20-\x7e]*$/.test(text)) {
      return text.length <= most ? text : text.slice(0, most - 1) + "…";
    }
    let letters = Array.from(text);
    this.context.font = this.mono;
    if (this.context.measureText(text).width <= width) return text;
    letters = letters.slice(0, most);
    while (letters.length > 1) {
      letters.pop();
      const shorter = letters.join("") + "…";
      if (this.context.measureText(shorter).width <= width) return shorter;
    }
    return "…";
  }

  // A thin line from first to last seen, and a thick piece for each run of days. Pieces that touch
  // on the screen are one.
  pieces(bar, view, middle, colour) {
    const { context } = this;
    const { left, width } = this.columns;
    const right = left + width;
    if (bar.last < view.from || bar.first > view.to) {
      this.arrow(bar.last < view.from ? left : right, bar.last < view.from ? 6 : -6, middle);
      return;
    }
    const clamp = (time) => Math.min(Math.max(this.x(time, view), left), right);
    context.fillStyle = colour;
    const start = clamp(bar.first);
    context.globalAlpha = 0.55;
    context.fillRect(start, middle - 1, Math.max(clamp(bar.last) - start, PIECE_MIN), 2);
    context.globalAlpha = 1;
    const { runs } = bar;
    let low = -1;
    let high = -1;
    for (let at = runAfter(runs, view.from); at < runs.length; at += 2) {
      if (runs[at] > view.to) break;
      const begin = Math.min(clamp(runs[at]), right - PIECE_MIN);
      const end = Math.max(clamp(runs[at + 1]), begin + PIECE_MIN);
      if (low >= 0 && begin <= high + 0.5) {
        high = Math.max(high, end);
      } else {
        if (low >= 0) context.fillRect(low, middle - 5, high - low, 10);
        low = begin;
        high = end;
      }
    }
    if (low >= 0) context.fillRect(low, middle - 5, high - low, 10);
  }

  // Points to where a bar lies that is not in view.
  arrow(x, size, middle) {
    const { context } = this;
    context.fillStyle = this.look.edge;
    context.beginPath();
    context.moveTo(x, middle);
    context.lineTo(x + size, middle - 4);
    context.lineTo(x + size, middle + 4);
    context.fill();
  }

  band(band, view) {
    const { context, look } = this;
    const left = this.x(band.from, view);
    const width = this.x(band.to, view) - left;
    context.fillStyle = look.accent;
    context.globalAlpha = 0.16;
    context.fillRect(left, AXIS, width, this.height);
    context.globalAlpha = 1;
    context.fillRect(left, AXIS, 1, this.height);
    context.fillRect(left + width, AXIS, 1, this.height);
  }
}
