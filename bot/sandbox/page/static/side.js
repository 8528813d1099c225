// The left side: conversations with their unread marks, and who one is.

import { byId, el, patch } from "./dom.js";
import { tone } from "./message.js";
import { unread } from "./reading.js";

const count = (number) => number > 0 && [
  el("span", { class: "count", "aria-hidden": "true" }, number > 99 ? "99+" : String(number)),
  el("span", { class: "unseen" }, `, ${number} unread`),
];

/** Draw the conversations; `place` is the open one, `open` goes to another. */
export function drawConversations(store, place, open) {
  const rows = store.channels.map((channel) => {
    const here = place.kind === "channel" && place.id === channel.id;
    const fresh = unread(store, store.me, channel.id);
    const name = channel.direct ? channel.name : `# ${channel.name}`;
    return [`${channel.id} ${here} ${fresh} ${name}`, () => el("li", {}, el("button", {
      type: "button", class: fresh > 0 ? "row has-unread" : "row", "aria-current": here ? "page" : null,
      data: { channel: channel.id },
      on: { click: () => open({ kind: "channel", id: channel.id }) },
    }, el("span", {}, name), count(fresh)))];
  });
  const home = place.kind === "home";
  rows.push([`home ${home}`, () => el("li", {}, el("button", {
    type: "button", class: "row", "aria-current": home ? "page" : null, data: { channel: "home" },
    on: { click: () => open({ kind: "home" }) },
  }, el("span", {}, `${store.app.name} Home`)))]);
  patchKeepingFocus(byId("conversations"), rows, "channel");
}

/** Draw the people; `become` makes this window somebody else's. */
export function drawPeople(store, become) {
  const rows = [...store.people.values()].filter((person) => !person.is_bot).map((person) => {
    const me = person.id === store.me;
    const fresh = me ? 0 : person.in.reduce((sum, channel) => sum + unread(store, person.id, channel), 0);
    return [`${person.id} ${me} ${fresh} ${person.name} ${person.role}`, () => el("li", {}, el("button", {
      type: "button", class: "row person", "aria-pressed": String(me), data: { person: person.id },
      on: { click: () => become(person.id) },
    }, el("span", { class: "avatar", "aria-hidden": "true", data: { who: tone(person) } }, person.name[0].toUpperCase()),
    el("span", {}, person.name, el("span", { class: "role" }, person.role)), count(fresh)))];
  });
  patchKeepingFocus(byId("people"), rows, "person");
}

/** Patch rows; where the row that had the focus was drawn again, its successor gets it. */
function patchKeepingFocus(list, rows, name) {
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset[name] : null;
  patch(list, rows);
  if (!focused || list.contains(document.activeElement)) return;
  list.querySelector(`[data-${name}="${CSS.escape(focused)}"]`)?.focus();
}
