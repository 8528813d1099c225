// Building elements. Text always becomes a text node, so nothing that people wrote can be markup.

/**
 * Build an element.
 * @param {string} tag
 * @param {object} props `on` holds listeners, `data` the data-* attributes; null and false are left
 *   out, true is an empty attribute, everything else an attribute of that name.
 * @param {...(Node|string|null|false|Array)} children
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    } else if (name === "data") {
      Object.assign(node.dataset, value);
    } else {
      node.setAttribute(name, value === true ? "" : String(value));
    }
  }
  add(node, children);
  return node;
}

/** Append children; strings become text nodes, what is empty is left out. */
export function add(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    node.append(child);
  }
  return node;
}

/** Replace everything in a node. */
export function fill(node, ...children) {
  node.replaceChildren();
  return add(node, children);
}

export const byId = (id) => document.getElementById(id);

let counted = 0;

/** An id that no other element has. */
export function freshId(prefix) {
  counted += 1;
  return `${prefix}-${counted}`;
}

/**
 * Make the children of `parent` those of `wanted`, each `[key, build]`; a child whose key is still
 * wanted stays the very same node, with its focus and what was typed into it.
 */
export function patch(parent, wanted) {
  const old = new Map([...parent.children].map((node) => [node.patchKey, node]));
  const kept = new Set(wanted.map(([key]) => key));
  let next = parent.firstElementChild;
  for (const [key, build] of wanted) {
    while (next && !kept.has(next.patchKey)) next = next.nextElementSibling;
    if (next && next.patchKey === key) {
      next = next.nextElementSibling;
      continue;
    }
    const node = old.get(key) ?? build();
    node.patchKey = key;
    parent.insertBefore(node, next);
  }
  // Only now: if everything became shorter for a moment, the browser would scroll up.
  for (const [key, node] of old) if (!kept.has(key)) node.remove();
}
