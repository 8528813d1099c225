// What is said above everything: the connection, the bot's process, broken rules.

import { byId, el, fill } from "./dom.js";

const BOT = {
  starting: "The bot is starting; it answers in a moment.",
  killed: "The bot was killed; start it again in the control panel.",
  ended: "The bot has ended; start it again in the control panel.",
};

/** Whether the page is connected. */
export function sayConnection(isOpen) {
  byId("connection").textContent = isOpen ? ""
    : "The connection to the sandbox is lost. Trying to connect again.";
  document.body.classList.toggle("is-offline", !isOpen);
}

/** How the bot's process is, unless it runs. */
export function sayBot(state) {
  const said = BOT[state] ?? "";
  if (byId("bot").textContent !== said) byId("bot").textContent = said;
}

/** Which rules of Slack were broken, the newest last. */
export function sayViolations(violations) {
  if (byId("violations").dataset.count === String(violations.length)) return;
  byId("violations").dataset.count = violations.length;
  fill(byId("violations"), violations.length > 0 && [
    el("strong", {}, `Slack’s rules were broken ${violations.length === 1 ? "once" : `${violations.length} times`}.`),
    " The sandbox is strict: in Slack this would have failed.",
    el("ul", {}, violations.slice(-5).map((one) => el("li", {}, one))),
  ]);
}
