// The drill's figures as far as they are known: each request, its leads, its questions.

import { el } from "./dom.js";

/** The part of the panel. */
export function drill({ within, requests }) {
  return el("section", { class: "panel-part" }, el("h3", {}, "Drill"),
    el("p", { class: "small" }, within ? `To be met: ${seconds(within)} from the request to its end.` : "No time is given to meet."),
    requests.length ? requests.map(request) : el("p", { class: "small" }, "Nothing has been asked for yet."));
}

function request(one) {
  const verdict = one.met === null || one.met === undefined ? null : one.met ? "met" : "missed";
  return el("div", { class: "drill" },
    el("h4", {}, `${one.id} `, el("span", { class: "small" }, `${one.target}, ${one.state}`)),
    fact("Could be decided after", seconds(one.decidable)),
    one.leads.map((lead) => fact(lead.who, lead.did ? `${lead.did} after ${seconds(lead.after)}` : "has not acted")),
    one.questions.map((asked) => fact(asked.title,
      asked.who ? `${asked.who}, after ${seconds(asked.after)}` : "not answered yet")),
    fact("Waiting for people", seconds(one.waiting)),
    fact("Total", one.total === null ? "not over yet" : seconds(one.total)),
    verdict && fact("Time to be met", verdict));
}

const fact = (name, value) => el("p", { class: "fact" }, el("span", {}, name), el("b", {}, value));

const seconds = (count) => {
  if (count === null || count === undefined) return "not yet";
  const whole = Math.round(count);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
};
