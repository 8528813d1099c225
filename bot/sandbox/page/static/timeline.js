// A list of messages that grows at its end. Only what changed is touched, and the place where one
// reads stays: at the end it follows, anywhere else it does not move.

import { el } from "./dom.js";
import { day } from "./dates.js";
import { compare } from "./store.js";
import { messageNode, update } from "./message.js";

const AT_END = 48;
const TOGETHER = 300;
/** Milliseconds for which a scroll after a key, a wheel or a touch is the reader's own. */
const INTENT = 800;

export class Timeline {
  /** @param {object} room see message.js, with `label` and `empty` (a node for an empty list) */
  constructor(room, { label, empty, seen }) {
    this.room = room;
    this.items = [];
    this.byTs = new Map();
    this.newFrom = null;
    this.follows = true;
    this.missed = 0;
    this.intended = -INTENT;
    this.size = "";
    this.top = 0;
    this.seen = seen ?? (() => {});
    this.list = el("ol", { class: "messages plain" });
    this.empty = el("div", { class: "empty" }, empty);
    this.scroller = el("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": label },
      this.empty, this.list);
    this.more = el("button", { type: "button", class: "more", hidden: true, on: { click: () => this.toEnd() } });
    this.node = el("div", { class: "timeline" }, this.scroller, this.more);
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) {
      this.scroller.addEventListener(kind, () => (this.intended = performance.now()), { passive: true });
    }
    const sizes = new ResizeObserver(() => this.settle());
    sizes.observe(this.list);
    sizes.observe(this.scroller);
  }

  /** Show these messages, sorted; `newFrom` is the first that is new to the reader. */
  show(messages, newFrom = null) {
    this.newFrom = newFrom;
    this.items = messages.map((message) => this.item(message));
    this.byTs = new Map(this.items.map((item) => [item.message.ts, item]));
    this.items.forEach((item, index) => this.border(item, this.items[index - 1]));
    this.list.replaceChildren(...this.items.map((item) => item.node));
    this.empty.hidden = this.items.length > 0;
    this.toEnd();
  }

  /** Put a message where it belongs, or change the one that is there. */
  put(message) {
    const known = this.byTs.get(message.ts);
    if (known) {
      known.message = message;
      update(known.node.querySelector(".message"), message, this.room);
      this.settle();
      return;
    }
    const item = this.item(message);
    let at = this.items.length;
    while (at > 0 && compare(this.items[at - 1].message.ts, message.ts) > 0) at -= 1;
    this.list.insertBefore(item.node, this.items[at]?.node ?? null);
    this.items.splice(at, 0, item);
    this.byTs.set(message.ts, item);
    this.border(item, this.items[at - 1]);
    if (this.items[at + 1]) this.border(this.items[at + 1], item);
    this.empty.hidden = true;
    this.noticed(message);
  }

  remove(ts) {
    const item = this.byTs.get(ts);
    if (!item) return;
    const at = this.items.indexOf(item);
    this.items.splice(at, 1);
    this.byTs.delete(ts);
    item.node.remove();
    if (this.items[at]) this.border(this.items[at], this.items[at - 1]);
    this.empty.hidden = this.items.length > 0;
  }

  /** Draw a message again that did not change itself, such as the count of unread replies. */
  refresh(ts) {
    const item = this.byTs.get(ts);
    if (item) update(item.node.querySelector(".message"), item.message, this.room);
  }

  get newest() {
    return this.items.at(-1)?.message ?? null;
  }

  /** Scroll to one message and put the focus on it. */
  reveal(ts) {
    const node = this.byTs.get(ts)?.node.querySelector(".message");
    if (!node) return false;
    this.follows = false;
    node.scrollIntoView({ block: "center" });
    node.focus({ preventScroll: true });
    node.classList.add("found");
    setTimeout(() => node.classList.remove("found"), 2500);
    return true;
  }

  toEnd() {
    this.follows = true;
    this.missed = 0;
    this.more.hidden = true;
    this.settle();
  }

  settle() {
    if (this.follows) this.scroller.scrollTop = this.scroller.scrollHeight;
    this.size = this.measure();
    this.top = this.scroller.scrollTop;
    if (this.follows && this.node.isConnected) this.seen();
  }

  measure() {
    return `${this.scroller.scrollHeight} ${this.scroller.clientHeight}`;
  }

  /** Follow the end from when it is reached until the reader goes up; growing is not leaving. */
  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < AT_END;
    const isReaders = performance.now() - this.intended < INTENT || this.size === this.measure();
    if (isAtEnd) this.follows = true;
    else if (isReaders && scrollTop < this.top) this.follows = false;
    this.top = scrollTop;
    if (isAtEnd && this.missed) this.toEnd();
  }

  noticed(message) {
    if (message.user === this.room.store.me) this.follows = true;
    if (this.follows) return;
    this.missed += 1;
    this.more.textContent = `${this.missed} new ${this.missed === 1 ? "message" : "messages"} below`;
    this.more.hidden = false;
  }

  item(message) {
    const node = el("li", {}, messageNode(message, this.room));
    return { message, node };
  }

  /** What stands between a message and the one before it: a new day, the first new one, nothing. */
  border(item, before) {
    const { message, node } = item;
    node.querySelector(":scope > .border")?.remove();
    const isNewDay = !before || day(before.message.ts) !== day(message.ts);
    const isFirstNew = message.ts === this.newFrom;
    node.classList.toggle("follows", !isNewDay && !isFirstNew && sameBreath(before.message, message));
    if (!isNewDay && !isFirstNew) return;
    node.prepend(el("h3", { class: isFirstNew ? "border is-new" : "border" },
      isNewDay && el("span", {}, day(message.ts)), isFirstNew && el("span", { class: "new" }, "New")));
  }
}

const sameBreath = (before, message) =>
  before.user === message.user && !before.private && !message.private &&
  Number(message.ts) - Number(before.ts) < TOGETHER;
