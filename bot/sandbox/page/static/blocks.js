// Block Kit as elements: what a message, a modal or the Home tab consists of.

import { add, el, freshId } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";
import { control, unknown } from "./controls.js";

/**
 * One block.
 * @param {object} block
 * @param {object} context
 *   names: see mrkdwn; heading: the level of a header block;
 *   press(element, block, value): a control was used; values: `state.values` of a view;
 *   edited(block, element, value): something was entered in an input.
 */
export function render(block, context) {
  switch (block.type) {
    case "header": return el(`h${context.heading}`, { class: "block-header" }, text(block.text, context));
    case "section": return section(block, context);
    case "context": return el("div", { class: "block-context" }, block.elements.map((one) =>
      el("span", {}, text(one, context))));
    case "divider": return el("hr");
    case "actions": return el("div", { class: "block-actions" }, block.elements.map((one) =>
      control(one, block, context)));
    case "input": return input(block, context);
    default: return unknown(`a block of the type ${block.type}`);
  }
}

/** What tells a changed block from an unchanged one. */
export const keyOf = (block) => JSON.stringify(block);

/** A text object, plain or mrkdwn. */
export function text(object, context) {
  if (object.type === "mrkdwn") return mrkdwn(object.text, context.names);
  if (object.type !== "plain_text") return unknown(`text of the type ${object.type}`);
  return object.text.split("\n").map((line) => el("span", { class: "line" }, line));
}

function section(block, context) {
  return el("div", { class: "block-section" },
    el("div", { class: "text" },
      block.text && text(block.text, context),
      block.fields && el("div", { class: "fields" }, block.fields.map((one) =>
        el("div", {}, text(one, context))))),
    block.accessory && el("div", { class: "accessory" }, control(block.accessory, block, context)));
}

function input(block, context) {
  const ids = { field: freshId("field"), hint: freshId("hint"), error: freshId("error") };
  const label = [
    ...block.label.text.split("\n"),
    block.optional ? el("span", { class: "optional" }, " (optional)") : el("span", { class: "required", "aria-hidden": "true" }, " *"),
  ];
  const grouped = ["radio_buttons", "checkboxes", "multi_static_select"].includes(block.element.type);
  const field = el(grouped ? "fieldset" : "div", { class: "block-input", data: { block: block.block_id } });
  add(field, [
    grouped ? el("legend", {}, label) : el("label", { for: ids.field }, label),
    control(block.element, block, { ...context, ids, optional: Boolean(block.optional) }),
    el("p", { class: "error", id: ids.error }),
    block.hint && el("p", { class: "hint", id: ids.hint }, block.hint.text),
  ]);
  return field;
}

/** Put sentences under the inputs that they belong to, by block_id; the rest is cleared. */
export function showErrors(root, errors) {
  for (const field of root.querySelectorAll(".block-input")) {
    const sentence = errors[field.dataset.block] ?? "";
    field.querySelector(":scope > .error").textContent = sentence;
    for (const one of field.querySelectorAll("input, select, textarea")) {
      if (sentence) one.setAttribute("aria-invalid", "true");
      else one.removeAttribute("aria-invalid");
    }
  }
  root.querySelector("[aria-invalid]")?.focus();
}
