// The control panel: what the simulators do, what can go wrong, the bot's process, the drill.
// Faults and actions are rows that the server sends; nothing here knows one of them by name.

import { byId, el, fill, patch } from "./dom.js";
import { clockWithSeconds } from "./dates.js";
import { agreed } from "./confirm.js";
import { sentence } from "./link.js";
import { drill } from "./drill.js";
import { ManagerPart, fact, rooms } from "./managers.js";

const CALLS_KEPT = 200;

/** The parts from top to bottom; the managers come after the first, any other group at the end. */
const ORDER = ["The bot", "Backup server", "API calls of the bot", "Slack", "Rehearsal"];
const groupOf = (row) => row.group ?? "Other";

export class Panel {
  /** @param {object} page act(what, fields): does it; close() */
  constructor(page) {
    this.page = page;
    this.calls = new Map();
    this.newestCall = 0;
    this.rows = new Map();
    this.data = null;
    this.body = el("div", { class: "panel-body scroller", tabindex: "0", role: "region", "aria-label": "Controls" });
    this.said = el("p", { class: "panel-said", role: "status" });
    this.parts = new Map();
    this.managers = new Map();
    for (const title of ORDER) this.part(title);
    this.callList = el("ol", { class: "plain" });
    const calls = el("div", { class: "calls", tabindex: "0", role: "region", "aria-label": "API calls, newest first" }, this.callList);
    this.callCount = el("p", { class: "small" }, "None yet.");
    this.part("API calls of the bot").state.append(this.callCount, calls);
    this.drill = el("div");
    this.body.append(this.drill);
    fill(byId("panel"),
      el("div", { class: "bar" }, el("h2", { id: "panel-title", tabindex: "-1" }, "Control panel"),
        el("button", { type: "button", class: "quiet cross", "aria-label": "Close the control panel", on: { click: page.close } }, "×")),
      this.said, this.body);
  }

  /** A part: what is shown in it, its buttons with what they do, its faults. */
  part(title) {
    if (!this.parts.has(title)) {
      const [state, buttons, helps, switches] = rooms();
      const node = el("section", { class: "panel-part" }, el("h3", {}, title), state, buttons, helps, switches);
      this.body.insertBefore(node, this.drill ?? null);
      this.parts.set(title, { node, state, buttons, helps, switches });
    }
    return this.parts.get(title);
  }

  /** A new connection: the calls are sent again from the first. */
  reset() {
    this.calls.clear();
    this.newestCall = 0;
    this.callList.replaceChildren();
  }

  show(data) {
    this.data = data;
    this.drawBot(data);
    this.drawManagers(data.managers ?? []);
    this.drawGroups(data);
    this.drawCalls(data.calls ?? []);
    this.drawBackups(data.backups);
    patch(this.drill, data.drill ? [[JSON.stringify(data.drill), () => drill(data.drill)]] : []);
  }

  drawBot({ bot, speed }) {
    const since = bot.since ? ` since ${clockWithSeconds(bot.since)}` : "";
    patch(this.part("The bot").state, [
      [`state ${bot.state}${since}`, () => el("p", { class: "bot-state" },
        el("span", { class: "state", data: { state: bot.state } }, bot.state), since)],
      [`speed ${speed}`, () => el("p", { class: "small" }, `Simulated time runs ${speed} times as fast as real time.`)],
      ...(bot.log?.length ? [[`log ${bot.log.join("\n")}`, () => el("details", {},
        el("summary", {}, `Its log, warnings and worse: ${bot.log.length}`),
        el("pre", { class: "log", tabindex: "0" }, bot.log.join("\n")))]] : []),
    ]);
  }

  /** Each manager is a part of its own, which can be folded; the first is open at first. */
  drawManagers(managers) {
    for (const one of managers) {
      if (!this.managers.has(one.name)) {
        const part = new ManagerPart(one, { isFirst: this.managers.size === 0 });
        this.body.insertBefore(part.node, this.parts.get("Backup server").node);
        this.managers.set(one.name, part);
        this.parts.set(one.name, part);
      }
      this.managers.get(one.name).show(one);
    }
  }

  drawGroups({ faults = [], actions = [] }) {
    for (const title of new Set([...actions, ...faults].map(groupOf))) {
      const part = this.part(title);
      const here = (row) => groupOf(row) === title;
      const helps = [...new Set(actions.filter(here).map((row) => row.help).filter(Boolean))];
      patch(part.buttons, actions.filter(here).map((row) => [row.key, () => this.action(row)]));
      patch(part.helps, helps.map((help) => [help, () => el("p", { class: "small" }, help)]));
      patch(part.switches, faults.filter(here).map((row) => [row.key, () => this.fault(row)]));
    }
    for (const row of actions) this.updateAction(row);
    for (const row of faults) this.updateFault(row);
  }

  action(row) {
    const button = el("button", { type: "button", class: row.style ?? null, data: { key: row.key },
      "aria-description": row.help, on: { click: () => this.act(this.rows.get(row.key) ?? row, button) } });
    return button;
  }

  updateAction(row) {
    const button = this.body.querySelector(`button[data-key="${CSS.escape(row.key)}"]`);
    if (button.textContent !== row.label) button.textContent = row.label;
    button.setAttribute("aria-disabled", String(!row.enabled));
    this.rows.set(row.key, row);
  }

  /** A button that cannot be used now keeps the focus and says so, instead of vanishing. */
  async act(row, button) {
    if (!row.enabled || button.getAttribute("aria-busy") === "true") return;
    if (row.confirm && !(await agreed(`${row.label}?`, row.confirm, row.label))) return;
    button.setAttribute("aria-busy", "true");
    await this.tell({ act: "action", key: row.key }, `${row.label}: done.`);
    button.removeAttribute("aria-busy");
  }

  async tell(what, done) {
    const reply = await this.page.act("panel", what);
    this.said.textContent = reply.ok ? reply.text || done : sentence(reply) ?? "";
    this.said.classList.toggle("error", !reply.ok);
    if (this.data && !reply.ok) for (const row of this.data.faults ?? []) this.updateFault(row, true);
  }

  fault(row) {
    const change = (value) => this.tell({ act: "fault", key: row.key, value }, `${row.label}: changed.`);
    const told = `help-${row.key}`;
    const common = { data: { fault: row.key }, "aria-describedby": row.help ? told : null };
    const help = row.help && el("p", { class: "small", id: told }, row.help);
    if (row.type === "switch") {
      const box = el("input", { ...common, type: "checkbox", role: "switch", on: { change: () => change(box.checked) } });
      return el("div", { class: "fault" }, el("label", {}, box, " ", row.label), help);
    }
    if (row.type === "choice") {
      const list = el("select", { ...common, on: { change: () => change(list.value) } },
        row.choices.map((choice) => el("option", { value: choice.value ?? choice }, choice.label ?? choice)));
      return el("div", { class: "fault" }, el("label", {}, el("span", {}, row.label), list), help);
    }
    const number = el("input", { ...common, type: "number", min: row.min, max: row.max, step: "any",
      on: { change: () => number.value !== "" && change(Number(number.value)) } });
    return el("div", { class: "fault" }, el("label", {}, el("span", {}, row.label),
      el("span", { class: "with-unit" }, number, row.unit && el("span", { class: "small" }, row.unit))), help);
  }

  /** Show the value of the server, unless somebody is just changing it. */
  updateFault(row, always = false) {
    const input = this.body.querySelector(`[data-fault="${CSS.escape(row.key)}"]`);
    if (!always && input === document.activeElement && input.type === "number") return;
    if (row.type === "switch") input.checked = Boolean(row.value);
    else if (input.value !== String(row.value)) input.value = row.value;
  }

  /** Calls come once, and once more when a call that had no answer yet has one. */
  drawCalls(calls) {
    if (!calls.length) return;
    for (const call of calls) {
      const row = callRow(call);
      const known = this.calls.get(call.n);
      if (known) known.replaceWith(row);
      else if (call.n > this.newestCall) this.callList.prepend(row);
      else continue;
      this.calls.set(call.n, row);
      this.newestCall = Math.max(this.newestCall, call.n);
    }
    for (const row of [...this.callList.children].slice(CALLS_KEPT)) {
      this.calls.delete(Number(row.dataset.n));
      row.remove();
    }
    const older = this.newestCall > this.calls.size ? `; the last ${this.calls.size} are shown` : "";
    this.callCount.textContent = `${this.newestCall} so far, newest first${older}.`;
  }

  drawBackups(backups) {
    if (!backups) return;
    patch(this.part("Backup server").state, [
      [`passwords ${backups.passwords_received}`, () => fact("Passwords received", backups.passwords_received)],
      [`fingerprint ${backups.fingerprint}`, () => fact("Host key", backups.fingerprint)],
      [`files ${backups.files.join()}`, () => el("details", {},
        el("summary", {}, `${backups.files.length} files`),
        el("ul", { class: "plain files" }, backups.files.map((name) => el("li", {}, el("code", {}, name)))))],
    ]);
  }
}

function callRow(call) {
  const kind = call.status >= 500 || !call.status ? "bad" : call.status >= 400 ? "odd" : "good";
  return el("li", { data: { n: call.n } },
    el("span", { class: "call-at" }, call.at ? clockWithSeconds(call.at) : ""),
    el("span", { class: "call-what" }, el("b", {}, call.method), ` ${call.path}`,
      el("span", { class: "call-who" }, call.manager)),
    el("span", { class: "call-status", data: { kind } }, call.status ? String(call.status) : "none"));
}
