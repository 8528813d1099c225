// What the browser keeps for this page. It may refuse to: then the page does without.

/** What was kept under this name; null if nothing was. */
export function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Keep it, if the browser lets us. */
export function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Private windows and full disks refuse; nothing here is worth a word about that.
  }
}
