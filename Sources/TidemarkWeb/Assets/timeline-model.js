// What the timeline shows: bars as the server sends them (TimelineJSON), rows, marks of the axis.
// No drawing, no document.

export const DAY = 86400;
const HOUR = 3600;
// 1970-01-05, the first Monday.
const MONDAY = 4 * DAY;

// Marks that turn the direction of writing, and those without a look of their own, hide what a text
// is; so do controls.
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

// Foreign text as it may be shown.
export function visible(text) {
  return text.replace(HIDDEN, (mark) => {
    const code = mark.charCodeAt(0);
    return code < 0x100
      ? "\\" + String(code).padStart(3, "0")
      : "\\u{" + code.toString(16).toUpperCase() + "}";
  });
}

// Bars and groups of an answer.
export function read(answer) {
  const texts = [];
  const text = (value) => {
    if (typeof value !== "string") return texts[value] ?? "";
    texts.push(value);
    return value;
  };
  const bars = [];
  const groups = answer.groups.map((group) => {
    const start = bars.length;
    let last = answer.to;
    for (const row of group.bars) {
      const rrname = text(row[0]);
      const rdata = text(row[1]);
      const pivot = row[2] === null ? rdata : text(row[2]);
      last -= row[4];
      const first = last - row[5];
      const runs = readRuns(row, first, last);
      bars.push({
        rrname, rdata, pivot, side: row[3], first, last, count: row[6], runs: runs.times,
        days: runs.days, rrtype: group.rrtype, colour: group.colour,
      });
    }
    return { rrtype: group.rrtype, colour: group.colour, start, end: bars.length };
  });
  return {
    bars, groups, from: answer.from, to: answer.to, more: answer.more, trail: answer.trail,
    unicode: new Map(Object.entries(answer.unicode)),
  };
}

// Pairs of begin and end in seconds; the first begins and the last ends with the times themselves.
function readRuns(row, first, last) {
  const firstDay = Math.floor(first / DAY);
  const lastDay = Math.floor(last / DAY);
  const times = [];
  let day = firstDay;
  let days = 0;
  for (let at = 7; at + 1 < row.length; at += 2) {
    times.push(day * DAY, (day + row[at]) * DAY);
    days += row[at];
    day += row[at] + row[at + 1];
  }
  days += lastDay - day + 1;
  times.push(day * DAY, (lastDay + 1) * DAY);
  times[0] = first;
  times[times.length - 1] = last;
  return { times: Float64Array.from(times), days };
}

// Rows from top to bottom: a head for each group, then its bars. Tops are offsets in pixels.
export function layOut(model, rowHeight, headHeight) {
  const rows = [];
  const tops = [];
  const places = new Int32Array(model.bars.length);
  let top = 0;
  for (const group of model.groups) {
    rows.push({ group, bar: -1 });
    tops.push(top);
    top += headHeight;
    for (let bar = group.start; bar < group.end; bar += 1) {
      places[bar] = rows.length;
      rows.push({ group, bar });
      tops.push(top);
      top += rowHeight;
    }
  }
  return { rows, tops: Float64Array.from(tops), places, height: top, rowHeight, headHeight };
}

// The row at an offset; the last one for offsets behind it, -1 without rows.
export function rowAt(layout, offset) {
  let low = 0;
  let high = layout.rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (layout.tops[middle] <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

// The first pair of a bar's runs that ends behind a time, as an index of its begin.
export function runAfter(runs, time) {
  let low = 0;
  let high = runs.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs[2 * middle + 1] < time) low = middle + 1;
    else high = middle;
  }
  return 2 * low;
}

const STEPS = [
  ...[1, 3, 6, 12].map((count) => ({ unit: "hour", size: count * HOUR })),
  ...[1, 2].map((count) => ({ unit: "day", size: count * DAY })),
  ...[1, 2].map((count) => ({ unit: "week", size: count * 7 * DAY })),
  ...[1, 3, 6].map((count) => ({ unit: "month", months: count, size: count * 2629746 })),
  ...[1, 2, 5, 10, 20].map((count) => (
    { unit: "year", months: count * 12, size: count * 31556952 })),
];

// Marks of the axis between two times, as TimelineScale makes them.
export function ticks(from, to, most) {
  const step = STEPS.find((each) => (to - from) / each.size <= most) ?? STEPS[STEPS.length - 1];
  const times = [];
  if (step.months) {
    const date = new Date(from * 1000);
    const start = date.getUTCFullYear() * 12 + date.getUTCMonth();
    let month = Math.floor(start / step.months) * step.months;
    for (;; month += step.months) {
      const time = Date.UTC(Math.floor(month / 12), month % 12, 1) / 1000;
      if (time > to) break;
      if (time >= from) times.push(time);
    }
  } else {
    const offset = step.unit === "week" ? MONDAY % step.size : 0;
    let time = Math.ceil((from - offset) / step.size) * step.size + offset;
    for (; time <= to; time += step.size) times.push(time);
  }
  return times.map((time) => ({ time, label: tickLabel(time, step), major: isMajor(time, step) }));
}

function tickLabel(time, step) {
  const text = new Date(time * 1000).toISOString();
  switch (step.unit) {
    case "hour": return text.slice(5, 10) + " " + text.slice(11, 16);
    case "day":
    case "week": return text.slice(0, 10);
    case "month": return text.slice(0, 7);
    default: return text.slice(0, 4);
  }
}

function isMajor(time, step) {
  const date = new Date(time * 1000);
  switch (step.unit) {
    case "hour": return time % DAY === 0;
    case "day": return date.getUTCDate() === 1;
    case "week": return date.getUTCDate() <= 7;
    case "month": return date.getUTCMonth() === 0;
    default: return false;
  }
}

// 2026-11-22 02:40
export function minute(time) {
  return new Date(time * 1000).toISOString().slice(0, 16).replace("T", " ");
}

// 1,234,567
export function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

// The window as the search takes it: dates when it is longer than two days, else to the second.
export function windowText(from, to) {
  if (to - from <= 2 * DAY) {
    const exact = (time) => new Date(time * 1000).toISOString().slice(0, 19) + "Z";
    return { after: exact(Math.floor(from)), before: exact(Math.ceil(to)) };
  }
  const date = (day) => new Date(day * DAY * 1000).toISOString().slice(0, 10);
  return { after: date(Math.floor(from / DAY)), before: date(Math.ceil(to / DAY)) };
}

// How many bars were seen in each of `count` equal parts of the time.
export function histogram(model, count) {
  const changes = new Int32Array(count + 1);
  const scale = count / (model.to - model.from);
  for (const bar of model.bars) {
    let end = -1;
    for (let at = 0; at < bar.runs.length; at += 2) {
      const low = Math.max(Math.floor((bar.runs[at] - model.from) * scale), end + 1, 0);
      const high = Math.min(Math.floor((bar.runs[at + 1] - model.from) * scale), count - 1);
      if (high < low) continue;
      changes[low] += 1;
      changes[high + 1] -= 1;
      end = high;
    }
  }
  const parts = new Int32Array(count);
  let sum = 0;
  for (let at = 0; at < count; at += 1) {
    sum += changes[at];
    parts[at] = sum;
  }
  return parts;
}
