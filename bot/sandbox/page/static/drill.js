// The drill's figures, as far as they are known: text from the server, laid out as a list.

import { el } from "./dom.js";

/** A section with whatever the drill holds: sentences, and tables of names and values. */
export function drill(data) {
  return el("section", { class: "panel-part" }, el("h3", {}, "Drill"), entries(data));
}

function entries(value) {
  if (value === null || value === undefined) return el("span", {}, "not yet");
  if (Array.isArray(value)) return el("ul", { class: "plain drill-list" }, value.map((one) => el("li", {}, entries(one))));
  if (typeof value === "object") {
    return el("dl", { class: "drill" }, Object.entries(value).flatMap(([name, one]) => [
      el("dt", {}, name.replaceAll("_", " ")), el("dd", {}, entries(one))]));
  }
  return el("span", {}, typeof value === "boolean" ? (value ? "yes" : "no") : String(value));
}
