// The note of the first minutes: who one is, what to do next. It reads the story off the messages.

import { byId, el, fill } from "./dom.js";
import { keep, kept } from "./kept.js";

const key = "nsx-restore guide put away";

/** Whether the reader has put the note away. */
export const isAway = () => kept(key) === "yes";

const ROLES = { requester: "on call", lead: "one of the leads", guest: "a guest of the workspace" };

/** What a question can offer; which of them differs. */
const ANSWERS = ["continue", "continue_without", "retry", "retry_updated", "decline", "cancel_restore", "give_up"];

/** How the headline of a request ends that was over before anything was done to the manager. */
const NEVER_RAN = /: (rejected|denied|expired|withdrawn|canceled)$/;

const strong = (text) => el("strong", {}, text);
const code = (text) => el("code", {}, text);

/**
 * Draw the note.
 * @param {object} page store; panel; bot, how its process is, and isBotAway; become(person), type(text), openThread(message), showPanel()
 */
export function drawGuide(page) {
  const guide = byId("guide");
  const next = isAway() ? null : step(page);
  guide.hidden = !next;
  byId("guide-toggle").setAttribute("aria-expanded", String(Boolean(next)));
  if (!next || guide.dataset.step === next.name + page.store.me) return;
  guide.dataset.step = next.name + page.store.me;
  const me = page.store.person(page.store.me);
  const hadFocus = guide.contains(document.activeElement);
  fill(guide,
    el("div", { class: "guide-words" },
      el("p", {}, strong(`You are ${me.name}, ${ROLES[me.role] ?? me.role}.`), " ", next.words),
      next.then && el("p", { class: "small" }, next.then)),
    el("div", { class: "guide-buttons" }, next.buttons ?? [],
      el("button", { type: "button", class: "link", on: { click: () => leave(page) } }, "Put this note away")));
  if (hadFocus) page.focusComposer();
}

function leave(page) {
  putAway(page, true);
  page.focusComposer();
}

/** Put the note away, or bring it back. */
export function putAway(page, away) {
  keep(key, away ? "yes" : "no");
  delete byId("guide").dataset.step;
  drawGuide(page);
}

/** Where the story stands, as this person can see it, and what comes next. */
function step(page) {
  const { store } = page;
  const me = store.person(store.me);
  const waiting = { approve: store.newestWith("approve"), answer: store.newestWith(...ANSWERS) };
  const card = newestCard(store);
  if (waiting.answer) return question(page, waiting.answer);
  if (waiting.approve) return decision(page, me, waiting.approve);
  if (!card || isOver(card)) return beginning(page, me, card);
  return {
    name: "runs",
    words: "The restore is on its way; the card and its thread tell how far it is.",
    then: "Open the control panel to watch the manager go away and come back. Kill the bot there and start it again: the restore goes on where it was.",
    buttons: ways(page, card),
  };
}

function beginning(page, me, card) {
  if (page.isBotAway) {
    return {
      name: `no bot ${page.bot}`,
      words: page.bot === "starting" ? "The bot is starting; as soon as it is ready, this note says what to do."
        : "The bot is not running, so nobody answers. Start it again in the control panel.",
      buttons: [button("Open the control panel", () => page.showPanel())],
    };
  }
  if (me.role.includes("outside") || me.role.includes("guest")) {
    return {
      name: "outside",
      words: ["Type ", code("/nsx-restore"), ", press Enter and ask for a restore, to see what the bot tells somebody who may not."],
      then: "What is refused is told to you alone, with the reason and what to do.",
    };
  }
  if (card && NEVER_RAN.test(card.blocks[0].text.text)) {
    return {
      name: `another ${card.ts}`,
      words: ["That request is over, and the manager is as it was. To go on, file another one: type ", code("/nsx-restore"), " and press Enter."],
      then: "Nothing has to be put back first.",
      buttons: [button("Write the command for me", () => page.type("/nsx-restore ")), ways(page, card)],
    };
  }
  if (card) {
    return {
      name: `again ${card.ts}`,
      words: "That request is over; its report is in the thread. For another restore, put the manager back to fresh in the control panel first.",
      then: "Try a fault there as well: a long outage, a wrong passphrase, another host key. Or kill the bot in the middle.",
      buttons: ways(page, card),
    };
  }
  return {
    name: "begin",
    words: ["Type ", code("/nsx-restore"), " in the box below and press Enter: a form asks what to restore, and why."],
    then: "Then two leads decide, and the bot restores the simulated NSX Manager. You play everybody; nothing real is touched.",
    buttons: [button("Write the command for me", () => page.type("/nsx-restore "))],
  };
}

function decision(page, me, card) {
  const leads = [...page.store.people.values()].filter((person) => person.role.includes("lead") && person.id !== me.id);
  const change = leads.slice(0, 2).map((person) => button(`Become ${person.name}`, () => page.become(person.id)));
  if (me.role.includes("lead")) {
    return {
      name: `decide ${card.ts}`,
      words: "A restore waits for two leads. Read the card, then press Approve, or Deny with a reason.",
      then: "When you have decided, become another lead: a second approval starts the restore.",
      buttons: change,
    };
  }
  return {
    name: `waits ${card.ts}`,
    words: "A restore waits for two leads, and whoever asked for it cannot be one of them.",
    then: "Become a lead to approve it. You can press Approve as yourself too, and see why that is refused.",
    buttons: change,
  };
}

/** What a question wants of people depends on the manager; these are the generations of the panel. */
const WANTED = {
  "NSX-T 1.x": {
    words: ", and do by hand what it asks: the operator’s console is in the control panel.",
    then: "When it is done, answer with a button under the question, which says who may.",
  },
  NSX: {
    words: " and answer it there, with a button or a form; it says who may.",
    then: "This manager restores by itself: nothing is to be done by hand here, unless something failed. The control panel heals that, or joins the other nodes.",
  },
};

function question(page, message) {
  const generation = generationOf(page, message);
  const { words, then } = WANTED[generation] ?? { words: " and answer it with a button there, which says who may." };
  return {
    name: `question ${message.ts} ${generation}`,
    words: `The restore needs a person. Read the question in the thread${words}`,
    then,
    buttons: ways(page, message),
  };
}

/** The generation of the manager that a thread is about: its card names it, the panel knows it. */
function generationOf({ store, panel }, { channel, thread_ts: root }) {
  const headline = store.messages.get(channel)?.get(root)?.blocks?.[0]?.text?.text ?? "";
  return panel.data?.managers?.find(({ name }) => headline.includes(` ${name}: `))?.generation;
}

/** The ways to a thread and to the panel. */
const ways = (page, message) => [
  button("Open the thread", () => page.openThread(message)),
  button("Open the control panel", () => page.showPanel()),
];

function newestCard(store) {
  const known = [...store.messages.values()].flatMap((messages) => [...messages.values()]);
  const cards = known.filter((message) => !message.thread_ts && message.is_bot &&
    message.blocks?.[0]?.type === "header");
  return cards.reduce((newest, card) => (!newest || card.ts > newest.ts ? card : newest), null);
}

/** A card without buttons will not change again. */
const isOver = (card) => !card.blocks.some((block) => block.type === "actions");

const button = (words, click) => el("button", { type: "button", on: { click } }, words);
