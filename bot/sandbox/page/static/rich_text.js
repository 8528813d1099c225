// Slack's rich_text blocks, the basic elements: sections, lists, quotes, preformatted text.

import { el } from "./dom.js";
import { link } from "./mrkdwn.js";

export function richText(block, names) {
  return el("div", { class: "text" }, block.elements.map((part) => group(part, names)));
}

function group(part, names) {
  const inside = () => (part.elements ?? []).map((one) => inline(one, names));
  switch (part.type) {
    case "rich_text_section": return el("p", {}, inside());
    case "rich_text_quote": return el("blockquote", {}, inside());
    case "rich_text_preformatted": return el("pre", {}, el("code", {}, inside()));
    case "rich_text_list":
      return el(part.style === "ordered" ? "ol" : "ul", {},
        part.elements.map((item) => el("li", {}, (item.elements ?? []).map((one) => inline(one, names)))));
    default: return el("p", { class: "unknown" }, `This page cannot show a ${part.type}.`);
  }
}

function inline(one, names) {
  switch (one.type) {
    case "text": return styled(document.createTextNode(one.text), one.style ?? {});
    case "link": return link(one.url, one.text ?? null, names) ?? one.text ?? one.url;
    case "user": return el("span", { class: "mention" }, `@${names.user(one.user_id) ?? one.user_id}`);
    case "usergroup":
      return el("span", { class: "mention" }, `@${names.group(one.usergroup_id) ?? one.usergroup_id}`);
    case "channel":
      return el("span", { class: "mention" }, `#${names.channel(one.channel_id) ?? one.channel_id}`);
    case "broadcast": return el("span", { class: "mention" }, `@${one.range}`);
    case "emoji": return `:${one.name}:`;
    default: return one.text ?? one.fallback ?? "";
  }
}

function styled(node, style) {
  let shown = node;
  for (const [name, tag] of [["bold", "strong"], ["italic", "em"], ["strike", "s"], ["code", "code"]]) {
    if (style[name]) shown = el(tag, {}, shown);
  }
  return shown;
}
