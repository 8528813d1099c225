// One message: who, when, what; patched in place when it changes, so that nothing loses the focus.

import { el, patch } from "./dom.js";
import { clock, inFull } from "./dates.js";
import { keyOf, render } from "./blocks.js";
import { mrkdwn } from "./mrkdwn.js";

/**
 * @param {object} message
 * @param {object} room what the message stands in:
 *   store, names; inThread: whether this is the thread pane; unreadReplies(message);
 *   press(message, element, block, value); openThread(channel, root)
 */
export function messageNode(message, room) {
  const author = room.store.person(message.user);
  const node = el("article", { class: "message", data: { ts: message.ts }, tabindex: "-1" },
    el("span", { class: "avatar", "aria-hidden": "true", data: { who: tone(author) } }, initial(author)),
    el("div", { class: "message-body" },
      el("p", { class: "by" },
        el("span", { class: "name" }, author.name),
        message.is_bot && el("span", { class: "badge" }, "App"),
        el("time", { datetime: new Date(Number(message.ts) * 1000).toISOString(), title: inFull(message.ts) },
          clock(message.ts)),
        el("span", { class: "edited", hidden: true }, "edited"),
        message.private && el("span", { class: "only-you" }, "Only visible to you")),
      el("div", { class: "content" }),
      el("div", { class: "after" })));
  node.classList.toggle("private", Boolean(message.private));
  update(node, message, room);
  return node;
}

/** Make a node show the message as it is now. */
export function update(node, message, room) {
  const content = node.querySelector(".content");
  const focused = node.contains(document.activeElement) ? document.activeElement : null;
  patch(content, parts(message, room));
  node.querySelector(".edited").hidden = !message.edited;
  content.classList.toggle("card", isCard(message));
  patch(node.querySelector(".after"), footer(message, room));
  if (focused && !node.contains(document.activeElement)) refocus(node, focused);
}

/** The control that had the focus, as it is now; if it is gone, the message itself. */
function refocus(node, focused) {
  const action = focused.dataset.action;
  const same = action && node.querySelector(`[data-action="${CSS.escape(action)}"]`);
  (same ?? node).focus({ preventScroll: true });
}

const isCard = (message) => (message.blocks ?? []).some((block) => block.type === "header");

function parts(message, room) {
  const context = {
    names: room.names,
    heading: 4,
    press: (element, block, value) => room.press(message, element, block, value),
  };
  const blocks = (message.blocks ?? []).map((block) => [keyOf(block), () => render(block, context)]);
  if (blocks.length || !message.text) return blocks;
  return [[`text ${message.text}`, () => el("div", { class: "text" }, mrkdwn(message.text, room.names))]];
}

/** The way to the thread, found again when it is drawn with another number. */
const THREAD = { action: "open the thread" };

function footer(message, room) {
  const rows = (message.files ?? []).map((file) => [`file ${file.id}`, () => fileLink(file, room)]);
  const root = message.thread_ts ?? message.ts;
  const open = () => room.openThread(message.channel, root, message.ts);
  if (room.inThread) {
    if (message.broadcast) rows.push(["sent", () => el("span", { class: "small" }, "Also sent to the channel")]);
    return rows;
  }
  if (message.thread_ts && message.thread_ts !== message.ts) {
    rows.push(["to thread", () => el("button", { type: "button", class: "link", on: { click: open } }, "View the thread")]);
  } else if (message.reply_count) {
    const fresh = room.unreadReplies(message);
    const words = `${message.reply_count} ${message.reply_count === 1 ? "reply" : "replies"}`;
    rows.push([`replies ${words} ${fresh}`, () => el("button", { type: "button", class: "replies", data: THREAD, on: { click: open } },
      words, fresh > 0 && [" ", el("span", { class: "fresh" }, `${fresh} new`)])]);
  } else if (!message.private) {
    rows.push(["reply", () => el("button", { type: "button", class: "link reply", data: THREAD, on: { click: open } }, "Reply in thread")]);
  }
  return rows;
}

function fileLink(file, room) {
  const address = `/files/${encodeURIComponent(file.id)}?as=${encodeURIComponent(room.store.me)}`;
  return el("a", { class: "file", href: address, download: file.name },
    el("span", { class: "file-title" }, file.title || file.name),
    el("span", { class: "small" }, `${file.name}, ${size(file.size)}`));
}

const size = (bytes) => (bytes < 1000 ? `${bytes} bytes` : `${(bytes / 1000).toFixed(1)} kB`);

const initial = (person) => (person.name[0] ?? "?").toUpperCase();

/** One of seven quiet colours, the same for a person everywhere. */
export const tone = (person) =>
  person.is_bot ? "app" : String((person.name.toUpperCase().codePointAt(0) ?? 0) % 7);

const SPOKEN = 160;

/** What a screen reader is told of a new message: its beginning, as it is read on the screen. */
export function spokenOf(message, store, names) {
  const words = el("div", {}, mrkdwn(message.text, names).map((line) => [line, " "])).textContent.trim();
  const short = words.length > SPOKEN ? `${words.slice(0, SPOKEN)} …` : words;
  return `${message.private ? "Only visible to you. " : ""}${store.person(message.user).name}: ${short}`;
}
