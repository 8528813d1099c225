// Slack's mrkdwn as elements: bold, italic, strike, code, quotes, links, mentions, dates.
// Source: docs.slack.dev/messaging/formatting-message-text. Every text ends as a text node.

import { el } from "./dom.js";
import { written } from "./dates.js";

const FENCE = /```\n?([\s\S]*?)\n?```/g;
const QUOTE = /^(?:>|&gt;) ?/;
const ITEM = /^[*_~]?(?:•|\d+\.) /;
const TAGS = { "*": "strong", _: "em", "~": "s", "`": "code" };
const WORD = /[\p{L}\p{N}]/u;
const PLACE = /\/archives\/([A-Z0-9]+)\/p(\d{10})(\d{6})$/;

/**
 * @param {string} text
 * @param {object} names `user`, `channel` and `group` turn an id into a name; `me` is the reader;
 *   `isPermalink` says which links stay in the page; `open` goes to a place.
 * @returns {Node[]}
 */
export function mrkdwn(text, names) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(FENCE)) {
    nodes.push(...lines(text.slice(from, found.index).replace(/\n$/, ""), names));
    nodes.push(el("pre", {}, el("code", {}, verbatim(found[1]))));
    from = found.index + found[0].length;
    if (text[from] === "\n") from += 1;
  }
  nodes.push(...lines(text.slice(from), names));
  return nodes;
}

/** Turn the three escaped characters back, once. */
export const unescaped = (text) =>
  text.replace(/&(amp|lt|gt);/g, (_, name) => ({ amp: "&", lt: "<", gt: ">" })[name]);

function lines(text, names) {
  if (text === "") return [];
  const nodes = [];
  let quote = null;
  for (const line of text.split("\n")) {
    if (QUOTE.test(line)) {
      if (!quote) nodes.push((quote = el("blockquote")));
      quote.append(oneLine(line.replace(QUOTE, ""), names));
    } else {
      quote = null;
      nodes.push(oneLine(line, names));
    }
  }
  return nodes;
}

const oneLine = (line, names) =>
  el("span", { class: ITEM.test(line) ? "line item" : "line" }, inline(line, names));

function inline(text, names) {
  const nodes = [];
  let plain = "";
  const flush = () => {
    if (plain) nodes.push(unescaped(plain));
    plain = "";
  };
  for (let at = 0; at < text.length; ) {
    const token = tokenAt(text, at, names);
    if (token) {
      flush();
      nodes.push(token.node);
      at = token.end;
    } else {
      plain += text[at];
      at += 1;
    }
  }
  flush();
  return nodes;
}

/** What begins at this character, if it is more than the character: its node and where it ends. */
function tokenAt(text, at, names) {
  const sign = text[at];
  if (sign === "<") {
    const end = text.indexOf(">", at);
    return end < 0 ? null : { node: angle(text.slice(at + 1, end), names), end: end + 1 };
  }
  const end = sign in TAGS ? closing(text, at) : -1;
  if (end < 0) return null;
  const inner = text.slice(at + 1, end);
  const content = sign === "`" ? verbatim(inner) : inline(inner, names);
  return { node: el(TAGS[sign], {}, content), end: end + 1 };
}

/** Where the style that begins at `at` ends; -1 if none begins there. */
function closing(text, at) {
  const sign = text[at];
  if (WORD.test(text[at - 1] ?? "") || /[\s]/.test(text[at + 1] ?? " ")) return -1;
  for (let end = at + 1; end < text.length; end += 1) {
    if (text[end] === "<" && sign !== "`") end = Math.max(text.indexOf(">", end), end);
    if (text[end] !== sign || end === at + 1) continue;
    if (sign === "`" || (!/\s/.test(text[end - 1]) && !WORD.test(text[end + 1] ?? ""))) return end;
  }
  return -1;
}

/** Code: markup in it is not carried out; of `<target|label>` the label is shown. */
const verbatim = (text) =>
  unescaped(text.replace(/<([^<>|]*)(?:\|([^<>]*))?>/g, (_, target, label) => label ?? target));

function angle(content, names) {
  const [target, ...rest] = content.split("|");
  const label = rest.length ? unescaped(rest.join("|")) : null;
  switch (target[0]) {
    case "@": return mention(`@${names.user(target.slice(1)) ?? label ?? target.slice(1)}`,
      target.slice(1) === names.me);
    case "#": return place(target.slice(1), label, names);
    case "!": return special(target.slice(1), label, names);
    default: return link(unescaped(target), label, names) ?? document.createTextNode(
      unescaped(label ?? `<${content}>`));
  }
}

const mention = (text, isMe = false) => el("span", { class: isMe ? "mention me" : "mention" }, text);

function place(channel, label, names) {
  const name = `#${names.channel(channel) ?? label ?? channel}`;
  if (!names.channel(channel)) return mention(name);
  return jump(name, { channel }, names);
}

function special(target, label, names) {
  const [word, ...parts] = target.split("^");
  if (word === "subteam") return mention(`@${names.group(parts[0]) ?? label ?? parts[0]}`);
  if (word === "date") return date(parts, label ?? "");
  if (["here", "channel", "everyone"].includes(word)) return mention(`@${word}`);
  return document.createTextNode(label ?? `<!${target}>`);
}

function date([seconds, pattern], fallback) {
  const at = new Date(Number(seconds) * 1000);
  if (!pattern || Number.isNaN(at.getTime())) return document.createTextNode(fallback);
  return el("time", { datetime: at.toISOString(), title: fallback },
    written(Number(seconds), unescaped(pattern)));
}

/** A link to a web page, or to a message of this workspace; null for every other scheme. */
function link(target, label, names) {
  const url = parsed(target);
  if (!url) return null;
  const found = names.isPermalink(url) && PLACE.exec(url.pathname);
  if (found) {
    const thread = url.searchParams.get("thread_ts");
    return jump(label ?? "this message", { channel: found[1], ts: `${found[2]}.${found[3]}`, thread },
      names);
  }
  const outside = { href: url.href, target: "_blank", rel: "noopener noreferrer" };
  return el("a", outside, label ?? target);
}

function parsed(target) {
  if (!/^https?:\/\//i.test(target)) return null;
  try {
    return new URL(target);
  } catch {
    return null;
  }
}

const jump = (label, where, names) =>
  el("button", { type: "button", class: "link", on: { click: () => names.open(where) } }, label);
