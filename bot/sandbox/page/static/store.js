// What this person can see: conversations, people, views. Filled by frames, read by everything else.

export class Store {
  constructor(me) {
    this.me = me;
    this.people = new Map();
    this.groups = new Map();
    this.channels = [];
    this.messages = new Map();
    this.views = [];
    this.home = null;
    this.violations = [];
    this.app = { name: "", user: "", commands: [] };
    this.team = "";
    this.permalinks = null;
    this.isFresh = true;
  }

  /** Take the frame that begins a connection; what is not in the next news is gone. */
  hello(frame) {
    this.people = new Map(frame.people.map((person) => [person.id, person]));
    this.groups = new Map((frame.groups ?? []).map((group) => [group.id, group]));
    this.channels = frame.channels;
    this.app = frame.app;
    this.team = frame.team ?? "";
    this.permalinks = frame.permalinks ?? null;
    this.isFresh = true;
  }

  /** Take what is new; returns the messages that changed, and whether all were replaced. */
  news(frame) {
    const all = this.isFresh;
    if (all) this.messages.clear();
    this.isFresh = false;
    for (const message of frame.messages ?? []) this.of(message.channel).set(message.ts, message);
    for (const { channel, ts } of frame.removed ?? []) this.of(channel).delete(ts);
    if (all) Object.assign(this, { violations: [], views: [], home: null });
    this.violations.push(...(frame.violations ?? []));
    for (const name of ["channels", "views", "home"]) {
      if (frame[name] !== undefined) this[name] = frame[name] ?? null;
    }
    return { all, messages: frame.messages ?? [], removed: frame.removed ?? [] };
  }

  of(channel) {
    if (!this.messages.has(channel)) this.messages.set(channel, new Map());
    return this.messages.get(channel);
  }

  channel(id) {
    return this.channels.find((channel) => channel.id === id) ?? null;
  }

  person(id) {
    return this.people.get(id) ?? { id, name: id, role: "", is_bot: false, in: [] };
  }

  /** What the channel itself shows: no replies, but those that were sent to the channel too. */
  timeline(channel) {
    return sorted([...this.of(channel).values()].filter(inTimeline));
  }

  /** A thread, its parent first. */
  thread(channel, root) {
    return sorted([...this.of(channel).values()].filter((message) => inThread(message, root)));
  }

  /** The newest message with a control of one of these names; undefined if there is none. */
  newestWith(...actions) {
    const all = [...this.messages.values()].flatMap((known) => [...known.values()]);
    return sorted(all).findLast((message) => hasControl(message, actions));
  }
}

export const inTimeline = (message) =>
  !message.thread_ts || message.thread_ts === message.ts || message.broadcast;

export const inThread = (message, root) => message.ts === root || message.thread_ts === root;

const hasControl = (message, actions) =>
  (message.blocks ?? []).some((block) =>
    (block.elements ?? []).some((element) => actions.includes(element.action_id)));

/** By time; the seconds have the same number of digits everywhere. */
const sorted = (messages) => messages.sort((a, b) => compare(a.ts, b.ts));

export const compare = (a, b) => Number(a) - Number(b) || (a < b ? -1 : a > b ? 1 : 0);
