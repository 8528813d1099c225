// The box in which one types: a message, or a command with completion (the ARIA combobox pattern).

import { el, fill, freshId } from "./dom.js";

const COMMAND = /^(\/\S*)(?:\s+([\s\S]*))?$/;

/** Characters of a message; the box takes no more. */
const LIMIT = 3000;

export class Composer {
  /**
   * @param {object} given label; commands(): what can be completed; send(text): resolves to null when
   *   it went, or to the sentence that says why it did not; people(): id and name of everybody.
   */
  constructor({ label, id, commands, send }) {
    this.commands = commands;
    this.send = send;
    this.active = -1;
    const [list, note] = [freshId("commands"), freshId("note")];
    this.input = el("input", {
      id, type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", maxlength: LIMIT,
      "aria-label": label, placeholder: label, "aria-autocomplete": "list", "aria-expanded": "false",
      "aria-controls": list, "aria-describedby": note, enterkeyhint: "send",
    });
    this.list = el("ul", { id: list, role: "listbox", "aria-label": "Commands", class: "plain completions", hidden: true });
    this.note = el("p", { id: note, class: "composer-note", role: "status" });
    this.node = el("form", { class: "composer", on: { submit: (event) => this.submit(event) } },
      this.list,
      el("div", { class: "composer-row" }, this.input,
        el("button", { class: "primary" }, "Send")),
      this.note);
    this.input.addEventListener("input", () => this.offer());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.offerNothing());
  }

  /** Put a text into the box and the focus behind it. */
  write(text) {
    this.input.value = text;
    this.input.focus();
    this.input.setSelectionRange(text.length, text.length);
    this.offer();
  }

  async submit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = "";
    this.offerNothing();
    this.say("");
    const trouble = await this.send(text);
    if (!trouble) return;
    this.say(trouble, true);
    if (!this.input.value) this.input.value = text;
  }

  say(sentence, isTrouble = false) {
    this.note.textContent = sentence;
    this.note.classList.toggle("error", isTrouble);
  }

  /** Offer the commands that begin so; after the command, say what can follow it. */
  offer() {
    const typed = this.input.value;
    const known = this.commands();
    const exact = known.find((one) => typed === one.name || typed.startsWith(`${one.name} `));
    if (typed.length >= LIMIT) this.say(`A message ends at ${LIMIT} characters: what is beyond was not taken.`, true);
    else this.say(exact ? `${exact.name} ${exact.hint}` : "");
    const found = /^\/\S*$/.test(typed) && !exact ? known.filter((one) => one.name.startsWith(typed)) : [];
    this.found = found;
    if (!found.length) return this.offerNothing();
    fill(this.list, found.map((one, index) => this.option(one, index)));
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark(0);
  }

  offerNothing() {
    this.list.hidden = true;
    this.active = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  option(command, index) {
    return el("li", {
      id: freshId("command"), role: "option", "aria-selected": "false",
      on: {
        pointerdown: (event) => {
          event.preventDefault();
          this.take(index);
        },
      },
    }, el("b", {}, command.name), " ", el("span", { class: "command-hint" }, command.hint),
    el("span", { class: "small line" }, command.description));
  }

  mark(index) {
    this.active = (index + this.found.length) % this.found.length;
    [...this.list.children].forEach((node, at) => node.setAttribute("aria-selected", String(at === this.active)));
    this.input.setAttribute("aria-activedescendant", this.list.children[this.active].id);
  }

  take(index) {
    this.write(`${this.found[index].name} `);
  }

  key(event) {
    if (this.list.hidden || event.isComposing) return;
    const acts = {
      ArrowDown: () => this.mark(this.active + 1),
      ArrowUp: () => this.mark(this.active - 1),
      Enter: () => this.take(this.active),
      Tab: () => this.take(this.active),
      Escape: () => this.offerNothing(),
    };
    if (!(event.key in acts) || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
  }
}

/** A typed line as what it asks for: a command, or a message as a client of Slack sends it. */
export function meant(text, people) {
  const found = COMMAND.exec(text);
  if (found) return { what: "slash", command: found[1], text: found[2] ?? "" };
  const escaped = text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  const named = escaped.replace(/(?<![\w@])@([\w.-]*\w)/g, (whole, name) => {
    const person = people.find((one) => one.name === name);
    return person ? `<@${person.id}>` : whole;
  });
  return { what: "say", text: named };
}
