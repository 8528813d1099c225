// The WebSocket to the sandbox: one for the person of this window, opened again when it is lost.

const FIRST_WAIT = 300;
const LONGEST_WAIT = 4000;

export class Link {
  /**
   * @param {string} person whose window this is
   * @param {{frame: function(object): void, state: function(boolean): void}} told
   */
  constructor(person, told) {
    this.told = told;
    this.address = `${location.origin.replace(/^http/, "ws")}/link?as=${encodeURIComponent(person)}`;
    this.waiting = new Map();
    this.count = 0;
    this.wait = FIRST_WAIT;
    this.ended = false;
    this.open();
  }

  open() {
    this.socket = new WebSocket(this.address);
    this.socket.addEventListener("message", (event) => this.receive(JSON.parse(event.data)));
    this.socket.addEventListener("close", () => this.lost());
  }

  /** Do something as this person; resolves to the reply, and never rejects. */
  act(what, fields = {}) {
    if (this.ended) return Promise.resolve(ENDED);
    if (this.socket.readyState !== WebSocket.OPEN) return Promise.resolve(NOT_SENT);
    this.count += 1;
    const id = this.count;
    const reply = new Promise((resolve) => this.waiting.set(id, resolve));
    this.socket.send(JSON.stringify({ id, do: what, ...fields }));
    return reply;
  }

  /** End it: this window becomes somebody else's, who must not read what its person waited for. */
  end() {
    this.ended = true;
    clearTimeout(this.timer);
    this.resolveAll(ENDED);
    this.socket.close();
  }

  receive(frame) {
    if (this.ended) return;
    if (frame.kind === "hello") {
      this.wait = FIRST_WAIT;
      this.told.state(true);
    }
    if (frame.kind === "reply") {
      this.waiting.get(frame.to)?.(frame);
      this.waiting.delete(frame.to);
    } else {
      this.told.frame(frame);
    }
  }

  resolveAll(reply) {
    for (const resolve of this.waiting.values()) resolve(reply);
    this.waiting.clear();
  }

  lost() {
    this.resolveAll(UNKNOWN);
    if (this.ended) return;
    this.told.state(false);
    this.timer = setTimeout(() => this.open(), this.wait);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }
}

/** What is to be said of a reply, if anything. */
export function sentence(reply) {
  if (reply.ok || reply === ENDED) return null;
  return reply.text || `Slack says: ${reply.error}`;
}

const ENDED = { ok: false, error: "ended", errors: {}, text: null };

const NOT_SENT = {
  ok: false, error: "not_connected", errors: {},
  text: "The page is not connected to the sandbox, so nothing was sent.",
};

const UNKNOWN = {
  ok: false, error: "connection_lost", errors: {},
  text: "The connection was lost. It is not known whether this arrived; look before you do it again.",
};
