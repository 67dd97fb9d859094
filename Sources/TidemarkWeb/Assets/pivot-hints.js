// Hints as the server gives them, as parts of a page.

/** Values as the server reads lists of them. */
export function joined(values) {
  return values.map((value) => encodeURIComponent(value).replaceAll("~", "%7E")).join("~");
}

/** A hint as elements: figures, then badges. */
export function hintNodes(hint) {
  const nodes = [];
  const add = (className, text, title) => {
    const span = document.createElement("span");
    span.className = className;
    span.textContent = text;
    if (title) span.title = title;
    if (nodes.length > 0) nodes.push(" ");
    nodes.push(span);
  };
  if (hint.text) add("hint", hint.text);
  for (const badge of hint.badges ?? []) {
    // The style becomes a class: only words of ours.
    const style = /^[a-z]+$/.test(badge.style) ? badge.style : "";
    add(`badge ${style}`, badge.label, badge.title);
  }
  return nodes;
}
