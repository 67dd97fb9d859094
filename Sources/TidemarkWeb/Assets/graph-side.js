// The chosen node: why it is linked, since when, and what one can do with it.

import { hintNodes, joined } from "./pivot-hints.js";

const linksMax = 40;
const kinds = {
  name: "Name", address: "Address", nameserver: "Name server", mail: "Mail host",
};

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** The page on a value, one step further than the graph's. */
export function linkTo(path, id, settings) {
  const query = new URLSearchParams({ q: id });
  const trail = id === settings.root ? settings.trail
    : [settings.trail, joined([settings.root])].filter(Boolean).join("~");
  if (trail && trail.length < 2000) query.set("trail", trail);
  return `${path}?${query}`;
}

/** What one says of a link, seen from a node. */
function linkText(node, { link, from, to }) {
  const item = make("li");
  const isTarget = to === node;
  item.append(isTarget ? `is the ${link.why} ` : `has as ${link.rrtype} `);
  item.append(make("span", "mono", isTarget ? from.id : to.id));
  const count = Number(link.count).toLocaleString("en");
  const details = make("span", "quiet gr-when");
  details.textContent = `${link.first} to ${link.last}, ${count}×`;
  item.append(details);
  return item;
}

function button(text, run, className = "button small") {
  const element = make("button", className, text);
  element.type = "button";
  element.addEventListener("click", run);
  return element;
}

function anchor(text, href) {
  const element = make("a", "button small", text);
  element.href = href;
  return element;
}

/** Shows a node. */
export function showNode(place, node, settings, actions, note = "") {
  if (!node) {
    place.replaceChildren(make("p", "quiet", "Choose a node to see why it is linked."));
    return;
  }
  const title = make("h2", "mono", node.id);
  const about = make("p", "", `${kinds[node.kind] ?? "Node"} `);
  if (node.hint === undefined) {
    const hint = make("span");
    hint.dataset.hint = node.id;
    about.append(hint);
  } else {
    about.append(...hintNodes({ text: node.hint, badges: node.badges }));
  }
  const row = make("div", "row");
  const isRoot = node.id === settings.root;
  if (!node.isExpanded) {
    row.append(button(node.noise ? "Expand anyway" : "Expand", () => actions.expand(node.id),
      "button small main"));
  } else if (!isRoot) {
    row.append(button("Collapse", () => actions.collapse(node.id)));
  }
  row.append(anchor("Look up", linkTo("/ui/search", node.id, settings)));
  row.append(anchor("Pivots", linkTo("/ui/pivots", node.id, settings)));
  const pin = button(node.isPinned ? "Unpin" : "Pin", () => actions.pin(node.id));
  pin.setAttribute("aria-pressed", String(node.isPinned));
  row.append(pin);
  if (!isRoot) row.append(button("Remove", () => actions.hide(node.id)));
  const parts = [title, about, row];
  if (note) parts.splice(2, 0, make("p", "note warn", note));
  parts.push(...links(node, settings));
  place.replaceChildren(...parts);
}

function links(node, settings) {
  const parts = [];
  const edges = [...node.links].sort(
    (one, other) => other.link.time_last - one.link.time_last);
  if (edges.length > 0) {
    parts.push(make("h3", "", "Why it is linked"));
    const list = make("ul", "gr-why");
    list.append(...edges.slice(0, linksMax).map((edge) => linkText(node, edge)));
    parts.push(list);
  }
  const more = [];
  if (edges.length > linksMax) more.push(`${edges.length - linksMax} more links in the table`);
  const expansion = settings.expansion(node.id);
  if (expansion && (expansion.leftOut > 0 || expansion.more)) {
    const count = `${expansion.leftOut.toLocaleString("en")}${expansion.more ? " or more" : ""}`;
    more.push(`${count} older links are not shown`);
  }
  if (more.length > 0) parts.push(make("p", "quiet", `${more.join("; ")}.`));
  return parts;
}
