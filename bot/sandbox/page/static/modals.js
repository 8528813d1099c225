// The modals of this person: a stack, of which the top one is shown in the browser's own <dialog>.

import { el, fill, freshId, patch } from "./dom.js";
import { keyOf, render, showErrors } from "./blocks.js";
import { valueOf } from "./controls.js";
import { sentence } from "./link.js";

export class Modals {
  /** @param {object} given names; act(what, fields): does it as this person */
  constructor({ names, act }) {
    this.names = names;
    this.act = act;
    this.closed = new Set();
    this.forms = new Map();
    this.shown = null;
    this.views = [];
    const title = freshId("modal-title");
    this.title = el("h2", { id: title, tabindex: "-1" });
    this.above = el("button", { type: "button", class: "quiet cross", "aria-label": "Close everything",
      on: { click: () => this.close(true) } }, "×");
    this.room = el("div", { class: "modal-room" });
    this.dialog = el("dialog", { class: "modal", "aria-labelledby": title },
      el("div", { class: "modal-head" }, this.title, this.above), this.room);
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close(false);
    });
    document.body.append(this.dialog);
  }

  /** Show a stack, the visible view last. */
  show(views) {
    this.views = views;
    const open = views.filter((view) => view.type === "modal" && !this.closed.has(view.id));
    for (const id of this.forms.keys()) if (!open.some((view) => view.id === id)) this.forms.delete(id);
    const top = open.at(-1);
    if (!top) return this.hide();
    this.title.textContent = top.title;
    this.above.setAttribute("aria-label", open.length > 1 ? "Close all" : "Close");
    const form = this.forms.get(top.id) ?? this.form(top);
    this.forms.set(top.id, form);
    this.update(form, top);
    const isOther = this.shown !== top.id;
    this.shown = top.id;
    if (isOther) fill(this.room, form.node);
    if (!this.dialog.open) this.dialog.showModal();
    // A form often comes as "Loading" first; its first field gets the focus once it is there.
    if (isOther || [this.title, document.body, this.dialog].includes(document.activeElement)) this.focusFirst(form);
  }

  /** This window becomes somebody else's, who gets modals of their own. */
  end() {
    this.hide();
    this.dialog.remove();
  }

  hide() {
    this.shown = null;
    if (this.dialog.open) this.dialog.close();
    this.room.replaceChildren();
  }

  focusFirst(form) {
    const first = form.body.querySelector("[autofocus]") ?? form.body.querySelector("select, textarea, input");
    (first ?? this.title).focus();
  }

  form(view) {
    const form = { view, errors: "{}", body: el("div", { class: "modal-body" }), foot: el("div", { class: "dialog-buttons" }) };
    form.alert = el("p", { class: "error", role: "alert" });
    form.node = el("form", { novalidate: true, on: { submit: (event) => this.submit(event, form) } },
      form.body, form.alert, form.foot);
    return form;
  }

  update(form, view) {
    form.view = view;
    const focused = form.body.contains(document.activeElement) ? document.activeElement.dataset.action : null;
    const context = {
      names: this.names, heading: 3, values: view.values,
      press: (element, block, value) => this.press(form, element, block, value),
      edited: (block, element, value) => this.edited(form, block, element, value),
    };
    patch(form.body, [
      ...view.blocks.map((block) => [keyOf(block), () => render(block, context)]),
      ...(view.blocks.some((block) => block.type === "input" && !block.optional)
        ? [["required", () => el("p", { class: "small" }, "* must be filled in")]] : []),
    ]);
    if (focused && !form.body.contains(document.activeElement)) {
      form.body.querySelector(`[data-action="${CSS.escape(focused)}"]`)?.focus();
    }
    patch(form.foot, [
      [`close ${view.close}`, () => el("button", { type: "button", on: { click: () => this.close(false) } }, view.close ?? "Cancel")],
      ...(view.submit ? [[`submit ${view.submit}`, () => el("button", { class: "primary" }, view.submit)]] : []),
    ]);
    const errors = JSON.stringify(view.errors ?? {});
    if (errors !== form.errors) showErrors(form.body, view.errors ?? {});
    form.errors = errors;
  }

  async press(form, element, block, value) {
    const where = { view: form.view.id, block_id: block.block_id, action_id: element.action_id };
    const reply = element.type === "button" ? await this.act("view_press", where)
      : await this.act("fill", { ...where, value });
    form.alert.textContent = sentence(reply) ?? "";
  }

  async edited(form, block, element, value) {
    const where = { view: form.view.id, block_id: block.block_id, action_id: element.action_id };
    const reply = await this.act("fill", { ...where, value });
    if (!reply.ok && block.dispatch_action) form.alert.textContent = sentence(reply) ?? "";
  }

  async submit(event, form) {
    event.preventDefault();
    if (form.node.getAttribute("aria-busy") === "true") return;
    form.node.setAttribute("aria-busy", "true");
    form.alert.textContent = "";
    const reply = await this.act("submit", { view: form.view.id, values: entered(form) });
    form.node.removeAttribute("aria-busy");
    if (reply.ok) return;
    const errors = reply.errors ?? {};
    showErrors(form.body, errors);
    form.errors = JSON.stringify(errors);
    if (!Object.keys(errors).length) form.alert.textContent = sentence(reply) ?? "";
  }

  /** Close the top one, or all: on the screen at once, then in the workspace, which may refuse. */
  async close(all) {
    const top = this.shown;
    if (!top) return;
    const ids = all ? [...this.forms.keys(), top] : [top];
    for (const id of ids) this.closed.add(id);
    this.show(this.views);
    const reply = await this.act("close", { view: top, all });
    const why = sentence(reply);
    if (!why) return;
    for (const id of ids) this.closed.delete(id);
    this.show(this.views);
    if (this.shown === top) this.forms.get(top).alert.textContent = why;
  }
}

function entered(form) {
  const values = {};
  for (const field of form.body.querySelectorAll(".block-input")) {
    const node = field.querySelector("[data-action]");
    if (node) values[field.dataset.block] = valueOf(node);
  }
  return values;
}

