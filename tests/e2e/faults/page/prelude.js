// Before anything else in the page: the world as the test wants it, and a record of all that is said in it.

{
  const { clockShiftMs = 0, isHidden = false, isMute = false } = globalThis.settings;

  /** Everything that must hold no secret, and what must not happen, goes to the test's own server; also while the page ends. */
  globalThis.report = (kind, value) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    navigator.sendBeacon("/faults/report", JSON.stringify({ kind, text: String(text) }));
  };
  addEventListener("error", ({ error, message }) => report("uncaught", error?.stack ?? message));
  addEventListener("unhandledrejection", ({ reason }) =>
    report("uncaught", `${reason?.name} ${reason?.code} ${reason?.message}\n${reason?.stack}`),
  );
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
    report("violation", `${violatedDirective} ${blockedURI}`),
  );
  for (const level of ["debug", "log", "info", "warn", "error"]) {
    const said = console[level];
    console[level] = (...words) => {
      report(level === "error" ? "uncaught" : "console", words.map(String).join(" "));
      said.apply(console, words);
    };
  }
  addEventListener("pageshow", ({ persisted }) => (globalThis.isFromCache = persisted));

  // A wall clock that is wrong; the monotonic one goes on as it does.
  const { Date: RealDate } = globalThis;
  let shift = clockShiftMs;
  globalThis.shiftClock = (ms) => (shift += ms);
  globalThis.Date = class Date extends RealDate {
    constructor(...words) {
      if (words.length > 0) super(...words);
      else super(RealDate.now() + shift);
    }
    static now() {
      return RealDate.now() + shift;
    }
  };

  // What this tab says reaches no other.
  if (isMute) BroadcastChannel.prototype.postMessage = () => {};

  // A page that nobody looks at renews nothing ahead of time.
  if (isHidden) {
    Object.defineProperty(Document.prototype, "visibilityState", { get: () => "hidden" });
    Object.defineProperty(Document.prototype, "hidden", { get: () => true });
  }
}
