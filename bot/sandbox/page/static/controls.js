// The controls of Block Kit: buttons, choices, text fields. Each says what it is to a screen reader.

import { el, freshId } from "./dom.js";
import { confirmed } from "./confirm.js";

/**
 * @param {object} element
 * @param {object} block the block it stands in
 * @param {object} context see blocks.js; in an input also `ids` of field, hint and error, `optional`
 */
export function control(element, block, context) {
  if (element.option_groups) return unknown("groups of options");
  switch (element.type) {
    case "button": return button(element, block, context);
    case "static_select": return select(element, block, context);
    case "radio_buttons": return many("radio", element, block, context);
    case "checkboxes": case "multi_static_select": return many("checkbox", element, block, context);
    case "plain_text_input": return typed(element, block, context);
    default: return unknown(`a control of the type ${element.type}`);
  }
}

/** What the page does not know is said, not left out. */
export const unknown = (what) => el("span", { class: "unknown" }, `This page cannot show ${what}.`);

function button(element, block, context) {
  const node = el("button", {
    type: "button",
    class: element.style ?? null,
    data: { action: element.action_id },
    "aria-label": spoken(element),
    on: { click: () => use(element, block, context, undefined, node) },
  }, element.text.text);
  return node;
}

/** What a screen reader says; it must hold the caption, for people who steer by voice. */
function spoken({ accessibility_label: label, text }) {
  if (!label) return null;
  return label.toLowerCase().includes(text.text.toLowerCase()) ? label : `${text.text}: ${label}`;
}

/** Ask what the control wants asked, then hand it on; it is busy until the answer has come. */
async function use(element, block, context, value, node) {
  if (node.getAttribute("aria-busy") === "true") return;
  if (element.confirm && !(await confirmed(element.confirm))) return;
  node.setAttribute("aria-busy", "true");
  try {
    await context.press(element, block, value);
  } finally {
    node.removeAttribute("aria-busy");
  }
}

const state = (element, block, context) =>
  context.values?.[block.block_id]?.[element.action_id] ?? null;

/** Ids of what explains a field: its error and its hint. */
const described = (block, context) =>
  context.ids ? [context.ids.error, block.hint && context.ids.hint].filter(Boolean).join(" ") : null;

function attributes(element, block, context) {
  return {
    id: context.ids?.field,
    data: { action: element.action_id },
    "aria-label": context.ids ? null : element.placeholder?.text ?? element.action_id,
    "aria-describedby": described(block, context),
    "aria-required": context.ids && !context.optional ? "true" : null,
    autofocus: element.focus_on_load,
  };
}

function changed(element, block, context, value, node) {
  if (context.ids) return context.edited(block, element, value);
  return use(element, block, context, value, node);
}

function select(element, block, context) {
  const chosen = state(element, block, context)?.selected_option?.value ?? element.initial_option?.value;
  const node = el("select", {
    ...attributes(element, block, context),
    on: { change: () => changed(element, block, context, node.value || null, node) },
  });
  const first = element.placeholder?.text ?? "Choose an option";
  node.append(el("option", { value: "", selected: !chosen }, first));
  node.append(...element.options.map((option) => el("option",
    { value: option.value, selected: option.value === chosen }, worded(option))));
  return node;
}

const worded = (option) =>
  option.description ? `${option.text.text} (${option.description.text})` : option.text.text;

function many(kind, element, block, context) {
  const known = state(element, block, context);
  const chosen = new Set([
    ...(known?.selected_options ?? (known ? [] : element.initial_options ?? [])),
    known?.selected_option ?? (known ? null : element.initial_option),
  ].filter(Boolean).map((option) => option.value));
  const name = freshId("choice");
  const role = kind === "radio" ? "radiogroup" : "group";
  const node = el("div", { class: "choices", role: context.ids ? null : role, data: { action: element.action_id, kind },
    "aria-label": context.ids ? null : element.action_id });
  const changedNow = () => changed(element, block, context, valueOf(node), node);
  node.append(...element.options.map((option) => el("label", {},
    el("input", { type: kind, name, value: option.value, checked: chosen.has(option.value),
      "aria-describedby": described(block, context), on: { change: changedNow } }),
    " ", worded(option))));
  return node;
}

function typed(element, block, context) {
  const given = state(element, block, context);
  const tag = element.multiline ? "textarea" : "input";
  const node = el(tag, {
    ...attributes(element, block, context),
    type: element.multiline ? null : "text",
    rows: element.multiline ? 4 : null,
    placeholder: element.placeholder?.text,
    autocomplete: "off",
    on: { change: () => changed(element, block, context, node.value || null, node) },
  });
  node.value = (given ? given.value : element.initial_value) ?? "";
  return node;
}

/** What is entered in a control now, as a form sends it. */
export function valueOf(node) {
  if (!node.classList.contains("choices")) return node.value || null;
  const values = [...node.querySelectorAll("input:checked")].map((one) => one.value);
  return node.dataset.kind === "radio" ? values[0] ?? null : values;
}
