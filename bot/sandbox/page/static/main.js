// The page of one person: the connection, the rooms, and what is new put where it belongs.

import { byId, el, fill } from "./dom.js";
import { sayBot, sayConnection, sayViolations } from "./banners.js";
import { denyAll } from "./confirm.js";
import { drawGuide, isAway, putAway } from "./guide.js";
import { keep, kept } from "./kept.js";
import { Link, sentence } from "./link.js";
import { spokenOf } from "./message.js";
import { Modals } from "./modals.js";
import { Panel } from "./panel.js";
import { unread, unreadReplies } from "./reading.js";
import { ChannelRoom, HomeRoom, ThreadRoom } from "./rooms.js";
import { drawConversations, drawPeople } from "./side.js";
import { Store } from "./store.js";

const FIRST_PERSON = "U0ANA";
const PANEL_KEY = "nsx-restore panel";
const PANES = [["side", "People"], ["main", "Channel"], ["thread", "Thread"], ["panel", "Panel"]];

class Page {
  constructor(person) {
    this.place = { kind: "channel", id: null };
    this.names = this.makeNames();
    this.panel = new Panel({ act: (what, fields) => this.link.act(what, fields), close: () => this.showPanel(false) });
    byId("panel-toggle").addEventListener("click", () => this.showPanel(!this.isPanelSeen));
    addEventListener("resize", () => this.sayPanel());
    byId("guide-toggle").addEventListener("click", () => putAway(this, !isAway()));
    byId("skip").addEventListener("click", (event) => {
      event.preventDefault();
      this.type("");
    });
    document.addEventListener("visibilitychange", () => document.hidden || this.current?.seen?.());
    document.addEventListener("keydown", (event) => this.escape(event));
    this.drawTabs();
    if (kept(PANEL_KEY) === "open" && innerWidth > 900) this.showPanel(true, { quietly: true });
    this.connect(person);
  }

  // who

  connect(person) {
    this.link?.end();
    this.store = new Store(person);
    this.started = false;
    this.bot = null;
    this.link = new Link(person, {
      frame: (frame) => this.take(frame),
      state: sayConnection,
    });
    this.modals = new Modals({ names: this.names, act: this.actor() });
  }

  /** Make this window another person's; the place stays if that person can see it. */
  become(person) {
    if (person === this.store.me) return;
    const address = new URL(location.href);
    address.searchParams.set("as", person);
    history.pushState(null, "", address);
    this.switchTo(person);
  }

  switchTo(person) {
    denyAll();
    this.closeThread();
    this.modals.end();
    // A room of one person must not note what the next one has read.
    this.current = null;
    fill(byId("place"));
    fill(byId("notices"));
    this.connect(person);
  }

  /** Whether it is known that nobody answers; before the panel has been told, it is not. */
  get isBotAway() {
    return this.bot !== null && this.bot !== "running";
  }

  /** What acts as the person of this moment for ever, whoever the window belongs to later. */
  actor() {
    const { link } = this;
    return (what, fields) => link.act(what, fields);
  }

  // what comes in

  take(frame) {
    // A workspace in which nothing has happened yet begins without news.
    if (this.store.isFresh && !["hello", "news"].includes(frame.kind)) this.news({});
    switch (frame.kind) {
      case "hello":
        this.store.hello(frame);
        this.panel.reset();
        return;
      case "news": return this.news(frame);
      case "panel": return this.takePanel(frame);
      default: return undefined;
    }
  }

  news(frame) {
    const change = this.store.news(frame);
    if (change.all) this.begin();
    else this.changed(change);
    if (frame.views !== undefined || change.all) this.modals.show(this.store.views ?? []);
    if (frame.home !== undefined && this.place.kind === "home") this.current.draw();
    if (frame.violations?.length) sayViolations(this.store.violations);
    this.drawSide();
    drawGuide(this);
  }

  /** The first news of a connection is everything. */
  begin() {
    const me = this.store.person(this.store.me);
    fill(byId("whoami"), "You are ", el("strong", {}, me.name), me.role && `, ${me.role}`);
    if (this.started) return this.refill();
    this.started = true;
    const known = this.store.channel(this.place.id);
    this.go(this.place.kind === "home" || known ? this.place
      : { kind: "channel", id: this.store.channels[0]?.id ?? null });
    return undefined;
  }

  refill() {
    if (this.place.kind === "channel" && this.place.id) this.current.start();
    this.threadRoom?.start();
  }

  changed({ messages, removed }) {
    for (const room of [this.current, this.threadRoom]) {
      if (!room?.put) continue;
      for (const gone of removed) room.remove(gone);
      for (const message of messages) room.put(message);
    }
    const roots = new Set(messages.map((message) => message.thread_ts).filter(Boolean));
    for (const root of roots) this.current?.timeline?.refresh(root);
    this.current?.seen?.();
    const newest = messages.findLast((message) => message.user !== this.store.me && !message.edited);
    if (newest) byId("live").textContent = spokenOf(newest, this.store, this.names);
  }

  takePanel(frame) {
    this.panel.show(frame);
    const before = this.bot;
    this.bot = frame.bot.state;
    // A bot that comes or goes while one looks at Home: ask again, or say that nobody answers.
    if (this.place.kind === "home" && before !== this.bot) {
      if (before === null) this.current?.draw();
      else this.current?.start();
    }
    sayBot(this.bot);
    drawGuide(this);
    if (frame.violations) sayViolations(frame.violations);
  }

  // places

  go(place) {
    this.place = place;
    const isHome = place.kind === "home";
    const channel = isHome ? null : this.store.channel(place.id);
    byId("place-title").textContent = isHome ? `${this.store.app.name} Home`
      : channel ? (channel.direct ? channel.name : `# ${channel.name}`) : "Nothing to see";
    byId("place-note").textContent = isHome ? "Only reads; decisions are made on the card in the channel."
      : channel ? (channel.direct ? "Direct messages of the app to you" : this.membersOf(channel)) : "";
    this.current = isHome ? new HomeRoom(this) : channel && new ChannelRoom(this, channel.id);
    fill(byId("place"), this.current ? this.current.node
      : el("p", { class: "empty" }, "You are in no channel of this workspace."));
    this.current?.start();
    this.showPane("main");
    this.drawSide();
    drawGuide(this);
  }

  membersOf(channel) {
    const members = [...this.store.people.values()].filter((person) => person.in.includes(channel.id));
    return `${members.length} members: ${members.map((person) => person.name).join(", ")}`;
  }

  /** Go to a message of this workspace, as a permalink says it. */
  open({ channel, ts, thread }) {
    if (!this.store.channel(channel)) return this.notice("You cannot see that conversation.");
    if (this.place.id !== channel) this.go({ kind: "channel", id: channel });
    const message = ts && this.store.of(channel).get(ts);
    const root = thread ?? message?.thread_ts;
    if (root && root !== ts) return this.openThread(channel, root, ts);
    this.showPane("main");
    if (ts && !this.current.timeline.reveal(ts)) this.notice("You cannot see that message.");
    return undefined;
  }

  openThread(channel, root, reveal = null) {
    if (typeof channel === "object") return this.openThread(channel.channel, channel.thread_ts ?? channel.ts, channel.ts);
    this.opener = document.activeElement;
    this.threadRoom = new ThreadRoom(this, channel, root, () => this.closeThread(true));
    fill(byId("thread"), this.threadRoom.node);
    byId("thread").hidden = false;
    document.body.dataset.side = "thread";
    this.threadRoom.start();
    this.sayPanel();
    this.showPane("thread");
    if (!reveal || reveal === root || !this.threadRoom.timeline.reveal(reveal)) this.threadRoom.composer.input.focus();
    return undefined;
  }

  closeThread(giveBack = false) {
    if (!this.threadRoom) return;
    const { root } = this.threadRoom;
    this.threadRoom = null;
    byId("thread").hidden = true;
    fill(byId("thread"));
    this.sayPanel();
    this.showPane("main");
    if (!giveBack) return;
    // The button may have been drawn again meanwhile, with another number of replies.
    const again = this.current?.timeline?.byTs.get(root)?.node.querySelector(".replies, .reply");
    (this.opener?.isConnected ? this.opener : again ?? byId("composer-input"))?.focus();
  }

  showPanel(isOpen = true, { quietly = false } = {}) {
    byId("panel").hidden = !isOpen;
    keep(PANEL_KEY, isOpen ? "open" : "closed");
    if (isOpen) document.body.dataset.side = "panel";
    else document.body.dataset.side = "thread";
    this.sayPanel();
    if (quietly) return;
    this.showPane(isOpen ? "panel" : "main");
    const toggle = byId("panel-toggle").checkVisibility() ? byId("panel-toggle")
      : byId("tabs").querySelector('[data-pane="main"]');
    (isOpen ? byId("panel-title") : toggle).focus();
  }

  /** A thread can stand where the panel has no room beside it: what counts is what is seen. */
  get isPanelSeen() {
    return byId("panel").checkVisibility();
  }

  sayPanel() {
    byId("panel-toggle").setAttribute("aria-expanded", String(this.isPanelSeen));
  }

  escape(event) {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (byId("thread").contains(document.activeElement)) this.closeThread(true);
    else if (byId("panel").contains(document.activeElement)) this.showPanel(false);
  }

  // narrow screens show one part at a time

  showPane(name) {
    document.body.dataset.pane = name;
    for (const tab of byId("tabs").children) {
      tab.setAttribute("aria-pressed", String(tab.dataset.pane === name));
      if (tab.dataset.pane === "thread") tab.hidden = !this.threadRoom;
    }
  }

  drawTabs() {
    fill(byId("tabs"), PANES.map(([name, words]) => el("button", {
      type: "button", data: { pane: name }, on: { click: () => this.tab(name) },
    }, words)));
    this.showPane("main");
  }

  tab(name) {
    if (name === "panel" && byId("panel").hidden) this.showPanel(true);
    else this.showPane(name);
  }

  // what the rooms use

  makeNames() {
    const page = this;
    return {
      get me() {
        return page.store.me;
      },
      user: (id) => page.store.people.get(id)?.name ?? null,
      channel: (id) => page.store.channel(id)?.name ?? null,
      group: (id) => page.store.groups.get(id)?.handle ?? null,
      isPermalink: (url) => Boolean(page.store.permalinks) && url.href.startsWith(page.store.permalinks),
      open: (where) => page.open(where),
    };
  }

  room({ inThread }) {
    const act = this.actor();
    return {
      store: this.store,
      names: this.names,
      inThread,
      unreadReplies: (message) => unreadReplies(this.store, this.store.me, message.channel, message.ts),
      press: (message, element, block, value) => this.press(act, message, element, block, value),
      openThread: (channel, root, reveal) => this.openThread(channel, root, reveal),
    };
  }

  async press(act, message, element, block, value) {
    const what = { channel: message.channel, ts: message.ts, block_id: block.block_id, action_id: element.action_id };
    this.notice(sentence(await act("press", value === undefined ? what : { ...what, value })));
  }

  marksChanged(root = null) {
    if (root) this.current?.timeline?.refresh(root);
    this.drawSide();
  }

  drawSide() {
    drawConversations(this.store, this.place, (place) => this.go(place));
    drawPeople(this.store, (person) => this.become(person));
    const fresh = this.store.channels.reduce((sum, channel) => sum + unread(this.store, this.store.me, channel.id), 0);
    document.title = `${fresh ? `(${fresh}) ` : ""}${byId("place-title").textContent} · ${this.store.person(this.store.me).name}`;
  }

  /** Say once what went wrong, until it is closed or something else goes wrong. */
  notice(words) {
    if (!words) return;
    fill(byId("notices"), el("div", { class: "notice" }, el("p", {}, words),
      el("button", { type: "button", class: "quiet cross", "aria-label": "Close this message",
        on: { click: () => fill(byId("notices")) } }, "×")));
  }

  type(text) {
    this.showPane("main");
    this.current?.composer?.write(text);
  }

  focusComposer() {
    this.current?.composer?.input.focus();
  }
}

const asked = () => new URL(location.href).searchParams.get("as") || FIRST_PERSON;
const page = new Page(asked());
addEventListener("popstate", () => page.switchTo(asked()));
