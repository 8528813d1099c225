// What each person has read, kept in the browser so that it survives a switch and a reload.

import { keep, kept } from "./kept.js";
import { compare, inTimeline } from "./store.js";

const key = (person) => `nsx-restore read ${person}`;

function marks(person) {
  try {
    return JSON.parse(kept(key(person)) ?? "{}");
  } catch {
    return {};
  }
}

/** Up to which message a person has read a place: a channel's id, or `channel/thread`. */
export const readUpTo = (person, place) => marks(person)[place] ?? null;

/** Note that a person has read a place up to a message. */
export function markRead(person, place, ts) {
  const known = marks(person);
  if (known[place] && compare(known[place], ts) >= 0) return false;
  keep(key(person), JSON.stringify({ ...known, [place]: ts }));
  return true;
}

/** How many messages of a channel a person has not read; private ones of others do not count. */
export function unread(store, person, channel) {
  const from = readUpTo(person, channel);
  let count = 0;
  for (const message of store.of(channel).values()) {
    if (!inTimeline(message) || message.user === person) continue;
    if (message.private && person !== store.me) continue;
    if (from === null || compare(message.ts, from) > 0) count += 1;
  }
  return count;
}

/** How many replies of a thread a person has not read. */
export function unreadReplies(store, person, channel, root) {
  const from = readUpTo(person, `${channel}/${root}`) ?? "0";
  return store.thread(channel, root).filter((message) =>
    message.ts !== root && message.user !== person && compare(message.ts, from) > 0).length;
}
