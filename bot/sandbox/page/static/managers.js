// A manager on the control panel: where it stands, its facts, what can be done and go wrong there.

import { add, el, patch } from "./dom.js";
import { keep, kept } from "./kept.js";

/** The rooms of a part: what is shown in it, its buttons, what they do, its faults. */
export const rooms = () => ["panel-state", "panel-actions", "panel-helps", "panel-faults"]
  .map((name) => el("div", { class: name }));

export const fact = (name, value) => el("p", { class: "fact" }, el("span", {}, name), el("b", {}, String(value)));

/** Where a manager is at rest: it was not restored yet, or it is restored. */
const AT_REST = ["ready", "initial"];

/** A part that can be folded. It unfolds by itself when its manager begins something. */
export class ManagerPart {
  constructor({ name, generation }, { isFirst }) {
    this.key = `panel ${name}`;
    const chosen = kept(this.key);
    [this.state, this.buttons, this.helps, this.switches] = rooms();
    this.phase = el("span", { class: "phase" });
    this.summary = el("summary", { on: { click: () => keep(this.key, this.folding.open ? "folded" : "open") } },
      el("h3", {}, name, el("span", { class: "small" }, ` ${generation}`)), this.phase);
    this.folding = el("details", { class: "manager", data: { manager: name }, open: chosen ? chosen === "open" : isFirst },
      this.summary, this.state, this.buttons, this.helps, this.switches);
    this.node = el("section", { class: "panel-part" }, this.folding);
  }

  show(one) {
    const { phase, window } = one;
    const isOpen = !window || window === "open";
    const words = isOpen ? phase : `${phase}: ${window}`;
    if (this.phase.textContent !== words) {
      this.phase.textContent = words;
      this.phase.dataset.phase = isOpen ? phase : window;
      if (!AT_REST.includes(phase) && kept(this.key) === null) this.folding.open = true;
    }
    patch(this.state, factsOf(one));
  }
}

/** Facts of a manager as people call them; what is not here is called as the simulator calls it. */
const CALLED = {
  url: "Address",
  listening: "Takes connections",
  product_version: "Version",
  node_uuid: "Id of the node",
  mgmt_cluster_status: "Management cluster",
  control_cluster_status: "Control cluster",
  helper_script_runs: "Runs of the helper script",
  restore_posts: "Restores asked for",
  node_restore_posts: "Node restores asked for",
  start_posts: "Restores asked for",
  status: "Its word for the restore",
  reason: "Why",
  backup_timestamp: "Restores the backup",
  backup_running: "Makes a backup",
};

/** What stands elsewhere, or says nothing to who looks at a panel. */
const LEFT_OUT = new Set(["name", "generation", "phase", "window", "step", "total_steps", "step_word",
  "step_status", "profile", "component", "fqdn", "publish_fqdns", "advances", "address"]);

function called(name) {
  const words = name.replaceAll("_", " ");
  return CALLED[name] ?? words[0].toUpperCase() + words.slice(1);
}

const worded = (value) => (value === true ? "yes" : value === false ? "no" : value);

/** The step of its restore, then every plain fact, then what it asks, takes and has. */
function factsOf(one) {
  const { controllers, prompts = [], offered } = one;
  const plain = Object.entries(one).filter(([name, value]) =>
    !LEFT_OUT.has(name) && ["string", "number", "boolean"].includes(typeof value) && value !== "");
  const step = one.step ? `${one.step} of ${one.total_steps}: ${one.step_word} (${one.step_status})` : null;
  const lines = [...(step ? [["Step", step]] : []), ...plain.map(([name, value]) => [called(name), worded(value)]),
    ...(offered ? [["Takes the orders", offered.join(", ") || "none"]] : [])];
  return [
    ...lines.map(([name, value]) => [`${name} ${value}`, () => fact(name, value)]),
    ...prompts.map((prompt) => [`asks ${prompt.id}`, () => fact("It asks", prompt.name)]),
    ...(controllers ? [[`controllers ${JSON.stringify(controllers)}`, () => table(controllers)]] : []),
  ];
}

function table(controllers) {
  const rows = Object.entries(controllers).map(([address, state]) =>
    el("tr", {}, el("th", { scope: "row" }, address), el("td", {}, String(state))));
  return add(el("table", {}), [el("caption", {}, "Controllers"), el("tbody", {}, rows)]);
}
