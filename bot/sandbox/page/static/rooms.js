// The rooms of the page: a channel, a thread, the Home tab. Each has a node and takes what is new.

import { el, fill, patch } from "./dom.js";
import { keyOf, render } from "./blocks.js";
import { Composer, meant } from "./composer.js";
import { sentence } from "./link.js";
import { markRead, readUpTo } from "./reading.js";
import { compare, inThread, inTimeline } from "./store.js";
import { Timeline } from "./timeline.js";

/** What sends what this person types, where they type it. */
function sender(page, where) {
  const act = page.actor();
  return async (typed) => {
    const { what, ...said } = meant(typed, [...page.store.people.values()]);
    return sentence(await act(what, { ...where, ...said }));
  };
}

export class ChannelRoom {
  constructor(page, channel) {
    this.page = page;
    this.channel = channel;
    const known = page.store.channel(channel);
    const name = known?.direct ? known.name : `#${known?.name ?? channel}`;
    this.timeline = new Timeline(page.room({ inThread: false }), {
      label: `Messages in ${name}`,
      empty: "Nothing has been said here yet.",
      seen: () => this.seen(),
    });
    this.composer = new Composer({
      id: "composer-input",
      label: `Message ${name}, or type / for a command`,
      commands: () => page.store.app.commands,
      send: sender(page, { channel }),
    });
    this.node = el("div", { class: "room" }, this.timeline.node, this.composer.node);
  }

  start() {
    const messages = this.page.store.timeline(this.channel);
    const read = readUpTo(this.page.store.me, this.channel);
    const fresh = read && messages.find((message) =>
      compare(message.ts, read) > 0 && message.user !== this.page.store.me);
    this.timeline.show(messages, fresh?.ts ?? null);
    this.seen();
  }

  put(message) {
    if (message.channel === this.channel && inTimeline(message)) this.timeline.put(message);
  }

  remove({ channel, ts }) {
    if (channel === this.channel) this.timeline.remove(ts);
  }

  /** What stands on the screen has been read, if anybody can be looking. */
  seen() {
    const newest = this.timeline.newest;
    if (!newest || document.hidden || !this.timeline.follows) return;
    if (markRead(this.page.store.me, this.channel, newest.ts)) this.page.marksChanged();
  }
}

export class ThreadRoom {
  constructor(page, channel, root, close) {
    this.page = page;
    this.channel = channel;
    this.root = root;
    this.timeline = new Timeline(page.room({ inThread: true }), {
      label: "Messages of the thread", empty: "This message is gone.", seen: () => this.seen(),
    });
    this.composer = new Composer({
      id: "thread-input", label: "Reply in the thread",
      commands: () => page.store.app.commands,
      send: sender(page, { channel, thread_ts: root }),
    });
    this.node = el("div", { class: "room" },
      el("div", { class: "bar" }, el("h2", { id: "thread-title" }, "Thread"),
        el("button", { type: "button", class: "quiet cross", "aria-label": "Close the thread", on: { click: close } }, "×")),
      this.timeline.node, this.composer.node);
  }

  start() {
    const messages = this.page.store.thread(this.channel, this.root);
    const read = readUpTo(this.page.store.me, this.place);
    const fresh = read && messages.find((message) =>
      compare(message.ts, read) > 0 && message.ts !== this.root && message.user !== this.page.store.me);
    this.timeline.show(messages, fresh?.ts ?? null);
    this.seen();
  }

  get place() {
    return `${this.channel}/${this.root}`;
  }

  put(message) {
    if (message.channel === this.channel && inThread(message, this.root)) this.timeline.put(message);
  }

  remove({ channel, ts }) {
    if (channel === this.channel) this.timeline.remove(ts);
  }

  seen() {
    const newest = this.timeline.newest;
    if (!newest || document.hidden || !this.timeline.follows) return;
    if (markRead(this.page.store.me, this.place, newest.ts)) this.page.marksChanged(this.root);
  }
}

const NO_HOME = "The bot does not answer, so there is no Home tab yet.";

export class HomeRoom {
  constructor(page) {
    this.page = page;
    this.act = page.actor();
    this.isRefused = false;
    this.body = el("div", { class: "home-body" });
    this.scroller = el("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": "App Home" }, this.body);
    this.node = el("div", { class: "room" }, this.scroller);
  }

  async start() {
    this.draw();
    const why = sentence(await this.act("home"));
    this.page.notice(why);
    this.isRefused = Boolean(why);
    if (!this.page.store.home) this.draw();
  }

  draw() {
    const view = this.page.store.home;
    if (!view) return fill(this.body, el("p", { class: "empty" }, this.isRefused || this.page.isBotAway ? NO_HOME : "The bot is asked for its Home tab."));
    const context = {
      names: this.page.names, heading: 3, values: view.values,
      press: async (element, block, value) => {
        const where = { view: view.id, block_id: block.block_id, action_id: element.action_id };
        const isButton = element.type === "button";
        const reply = await this.act(isButton ? "view_press" : "fill", isButton ? where : { ...where, value });
        this.page.notice(sentence(reply));
      },
    };
    patch(this.body, view.blocks.map((block) => [keyOf(block), () => render(block, context)]));
  }
}
