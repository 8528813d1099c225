// Moments in the reader's own time zone.

const format = (options) => new Intl.DateTimeFormat(undefined, options);
const TIME = format({ hour: "2-digit", minute: "2-digit" });
const TIME_SECS = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DATE = format({ day: "numeric", month: "long", year: "numeric" });
const SHORT = format({ day: "numeric", month: "short", year: "numeric" });
const LONG = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const NUMBERS = format({ day: "2-digit", month: "2-digit", year: "numeric" });
const FULL = format({ dateStyle: "full", timeStyle: "long" });
const DAY = 86_400_000;

/** The time of day of a message. */
export const clock = (ts) => TIME.format(Number(ts) * 1000);

/** The time of day with seconds. */
export const clockWithSeconds = (seconds) => TIME_SECS.format(seconds * 1000);

/** Day, date and time in full, for the title of a time stamp. */
export const inFull = (ts) => FULL.format(Number(ts) * 1000);

/** The day of a message as a divider says it; equal texts are equal days. */
export function day(ts) {
  const at = new Date(Number(ts) * 1000);
  return sentence(near(at)) ?? LONG.format(at);
}

/** Slack's `<!date^…>` format, such as `{date_short_pretty} at {time}`; unknown words stay. */
export function written(seconds, pattern) {
  const at = new Date(seconds * 1000);
  return pattern.replace(/\{(\w+)\}/g, (whole, word) => part(at, word) ?? whole);
}

function part(at, word) {
  switch (word) {
    case "time": return TIME.format(at);
    case "time_secs": return TIME_SECS.format(at);
    case "date_num": return NUMBERS.format(at);
    case "date": return DATE.format(at);
    case "date_short": return SHORT.format(at);
    case "date_long": return LONG.format(at);
    case "date_pretty": return near(at) ?? DATE.format(at);
    case "date_short_pretty": return near(at) ?? SHORT.format(at);
    case "date_long_pretty": return near(at) ?? LONG.format(at);
    default: return null;
  }
}

function near(at) {
  const now = new Date();
  for (const [offset, word] of [[0, "today"], [-1, "yesterday"], [1, "tomorrow"]]) {
    if (at.toDateString() === new Date(now.getTime() + offset * DAY).toDateString()) return word;
  }
  return null;
}

const sentence = (word) => word && word[0].toUpperCase() + word.slice(1);
