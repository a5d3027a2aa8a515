// The routing log as it happens. A thousand lines a second arrive without a freeze: what comes within a tenth of a second
// is drawn at once, and only the newest lines are kept.
import { api, attempt, clock, h, may, session, state } from "/lib.js";

const linesMax = 400;
const drawEvery = 100;

export function log(main) {
  const filters = Object.fromEntries(["provider", "route", "type", "state", "seq"].map((name) =>
    [name, h("input", { placeholder: name, "aria-label": name, size: 9 })]));
  const phi = h("input", { type: "checkbox" });
  const pause = h("button", {}, "Pause");
  const rate = h("span", { class: "quiet" });
  const lines = h("div", { class: "log", role: "log", "aria-live": "off", tabindex: "0" });
  main.append(h("h1", {}, "Routing log"),
    h("form", { class: "bar", onsubmit: (event) => { event.preventDefault(); restart(); } },
      Object.values(filters), h("button", {}, "Filter"),
      may("patients") ? h("label", {}, phi, "Show patient identifiers (audited)") : null,
      h("span", { class: "grow" }), rate, pause),
    lines);

  let source = null;
  let last = null;
  let waiting = [];
  let timer = 0;
  let isPaused = false;
  let arrived = 0;

  function restart() {
    source?.close();
    lines.replaceChildren();
    waiting = [];
    last = null;
    connect();
  }

  function connect() {
    const query = new URLSearchParams();
    for (const [name, input] of Object.entries(filters)) if (input.value.trim()) query.set(name, input.value.trim());
    if (phi.checked) query.set("phi", "1");
    if (last) query.set("after", last); else query.set("last", "200");
    source = new EventSource(`/api/v1/events?${query}`);
    source.onmessage = (event) => {
      last = event.lastEventId;
      arrived += 1;
      waiting.push(event.data);
      if (waiting.length > linesMax) waiting = waiting.slice(-linesMax);
      if (!isPaused && !timer) timer = setTimeout(draw, drawEvery);
    };
    source.onerror = () => {
      // A browser would begin at the first address again; this goes on behind the last line seen, if it still may.
      source.close();
      setTimeout(async () => {
        if (!lines.isConnected || !session.account) return;
        await attempt(() => api("status"));
        if (lines.isConnected && session.account) connect();
      }, 2000);
    };
  }

  function draw() {
    timer = 0;
    const atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 40;
    lines.append(...waiting.map((text) => line(JSON.parse(text))));
    waiting = [];
    while (lines.childElementCount > linesMax) lines.firstChild.remove();
    if (atEnd) lines.scrollTop = lines.scrollHeight;
  }

  const counter = setInterval(() => { rate.textContent = `${arrived} a second`; arrived = 0; }, 1000);
  pause.onclick = () => {
    isPaused = !isPaused;
    pause.textContent = isPaused ? "Go on" : "Pause";
    if (!isPaused && waiting.length) draw();
  };
  phi.onchange = restart;
  connect();
  return () => { source?.close(); clearInterval(counter); clearTimeout(timer); };
}

function line(step) {
  const where = [step.route && step.endpoint ? `${step.route} → ${step.endpoint}` : step.endpoint ?? step.provider,
    step.type, step.controlId, step.patient && `patient ${step.patient}`, step.attempt > 1 && `attempt ${step.attempt}`,
    step.ms !== undefined && `${step.ms} ms`, step.actor && `by ${step.actor}`, step.text];
  return h("div", {}, h("span", { class: "quiet" }, clock(step.at)),
    h("span", {}, step.seq ? h("a", { href: `#/message/${step.seq}` }, `#${step.seq}`) : ""),
    h("span", {}, step.step), state(step.state), h("span", { title: step.text ?? "" }, where.filter(Boolean).join("  ")));
}
