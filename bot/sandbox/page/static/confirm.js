// Dialogs that ask before something is done. Built on the browser's own <dialog>: it keeps the focus
// inside, closes with Escape and gives the focus back.

import { el, freshId } from "./dom.js";

const line = (text) => el("span", { class: "line" }, text);

/**
 * Ask as a confirm object of Block Kit says; true is yes.
 * The focus begins on "no": nobody confirms by pressing Enter once too often.
 */
export function confirmed({ title, text, confirm, deny, style }) {
  const [named, told] = [freshId("dialog-title"), freshId("dialog-text")];
  const dialog = el("dialog", { class: "confirm", "aria-labelledby": named, "aria-describedby": told },
    el("form", { method: "dialog" },
      el("h2", { id: named }, title.text),
      el("div", { class: "dialog-text", id: told }, text.text.split("\n").map(line)),
      el("div", { class: "dialog-buttons" },
        el("button", { value: "no", autofocus: true }, deny?.text ?? "Cancel"),
        el("button", { value: "yes", class: style ?? "primary" }, confirm?.text ?? "OK"))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

/** Answer "no" to whatever is being asked. */
export function denyAll() {
  for (const dialog of document.querySelectorAll("dialog.confirm")) dialog.close("no");
}

/** Ask one sentence. */
export const agreed = (title, sentence, yes) =>
  confirmed({ title: { text: title }, text: { text: sentence }, confirm: { text: yes }, style: "danger" });
