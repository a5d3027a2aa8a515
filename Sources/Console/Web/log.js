// The routing log as it happens. A thousand lines a second arrive without a freeze: it is drawn five times a second at
// most, the newest lines are kept, and only those in view are elements. Nothing moves while somebody reads: scrolled up
// or paused, what comes waits.
import { Problem, api, clock, count, h, may, session, state, stateClass, toast } from "/lib.js";

const linesMax = 5000;
const drawEvery = 200;

export function log(main) {
  const filters = Object.fromEntries(["provider", "route", "type", "state", "seq"].map((name) =>
    [name, h("input", { placeholder: name, "aria-label": name, size: 9 })]));
  const phi = h("input", { type: "checkbox" });
  const pause = h("button", { type: "button" }, "Pause");
  const rate = h("span", { class: "quiet" });
  const view = lineView(() => { if (waiting.length) drawSoon(); });
  main.append(h("h1", {}, "Routing log"),
    h("form", { class: "bar", onsubmit: (event) => { event.preventDefault(); restart(); } },
      Object.values(filters), h("button", {}, "Filter"),
      may("patients") ? h("label", {}, phi, "Show patient identifiers (audited)") : null,
      h("span", { class: "grow" }), rate, pause),
    view.element);

  let connection = null;
  let last = null;
  let waiting = [];
  let timer = 0;
  let isPaused = false;
  let arrived = 0;
  let drawnAt = 0;

  function restart() {
    connection?.abort();
    view.clear();
    waiting = [];
    last = null;
    connection = new AbortController();
    follow(connection.signal);
  }

  /** Reads the log for ever, after an interruption behind the last line seen. */
  async function follow(signal) {
    while (!signal.aborted && session.account) {
      try {
        await read(signal);
      } catch (error) {
        if (signal.aborted) return;
        toast(error instanceof Problem ? error.message : "The broker does not answer.");
      }
      await new Promise((done) => { setTimeout(done, 2000); });
    }
  }

  /** Server-sent events, many at a time: an EventSource would call once for each. */
  async function read(signal) {
    const query = new URLSearchParams();
    for (const [name, input] of Object.entries(filters)) if (input.value.trim()) query.set(name, input.value.trim());
    if (phi.checked) query.set("phi", "1");
    if (last) query.set("after", last); else query.set("last", "200");
    const answer = await api(`events?${query}`, { signal, raw: true });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    let event = {};
    for (;;) {
      const { value, done } = await reader.read();
      if (done || signal.aborted) return;
      const texts = (rest + value).split("\n");
      rest = texts.pop();
      for (const text of texts) {
        if (text !== "") {
          const end = text.indexOf(": ");
          event[text.slice(0, end)] = text.slice(end + 2);
          continue;
        }
        last = event.id ?? last;
        if (event.data) {
          arrived += 1;
          waiting.push(event.data);
        }
        event = {};
      }
      if (waiting.length > 2 * linesMax) waiting = waiting.slice(-linesMax);
      if (waiting.length) drawSoon();
    }
  }

  /** What comes alone is drawn at once. */
  function drawSoon() {
    if (!timer) timer = setTimeout(draw, Math.max(0, drawnAt + drawEvery - performance.now()));
  }

  function draw() {
    timer = 0;
    drawnAt = performance.now();
    if (isPaused || !view.isAtEnd()) return;
    view.add(waiting);
    waiting = [];
  }

  const counter = setInterval(() => {
    rate.textContent = `${waiting.length ? `${count(Math.min(waiting.length, linesMax))} wait below · ` : ""}${count(arrived)} a second`;
    arrived = 0;
  }, 1000);
  pause.onclick = () => {
    isPaused = !isPaused;
    pause.textContent = isPaused ? "Go on" : "Pause";
    if (isPaused) return;
    view.toEnd();
    draw();
  };
  phi.onchange = restart;
  const resized = new ResizeObserver(() => view.resize());
  resized.observe(view.element);
  restart();
  return () => { connection.abort(); resized.disconnect(); clearInterval(counter); clearTimeout(timer); };
}

/** Many lines of one height, of which only those in view are elements. `onScroll` is called when it was scrolled. */
function lineView(onScroll) {
  const shown = h("div", { class: "shown" });
  const all = h("div", { class: "all" }, shown);
  const element = h("div", { class: "log", role: "log", "aria-live": "off", "aria-label": "Routing log", tabindex: "0" }, all);
  let steps = [];
  let rows = [];
  let height = 0;
  let first = -1;
  let isFollowing = true;

  function draw() {
    if (height === 0) return;
    const place = Math.max(0, Math.floor(element.scrollTop / height));
    const seen = steps.slice(place, place + rows.length);
    seen.forEach((text, index) => rows[index].show(text));
    for (const row of rows.slice(seen.length)) row.show(null);
    if (place !== first) shown.style.transform = `translateY(${place * height}px)`;
    first = place;
  }

  function toEnd() {
    isFollowing = true;
    element.scrollTop = steps.length * height;
  }

  function replace(lines) {
    steps = lines;
    all.style.height = `${steps.length * height}px`;
    if (isFollowing) toEnd();
    draw();
  }

  element.addEventListener("scroll", () => {
    isFollowing = steps.length * height - element.scrollTop - element.clientHeight < 2 * height;
    draw();
    onScroll();
  }, { passive: true });

  return {
    element, toEnd,
    isAtEnd: () => isFollowing,
    clear() {
      isFollowing = true;
      replace([]);
    },
    add(texts) { if (texts.length) replace(steps.concat(texts).slice(-linesMax)); },
    /** Makes as many rows as have room; called at first too. */
    resize() {
      rows = [line()];
      rows[0].show("{}");
      shown.replaceChildren(rows[0].element);
      height = rows[0].element.getBoundingClientRect().height || 1;
      while ((rows.length - 1) * height < element.clientHeight) rows.push(line());
      shown.replaceChildren(...rows.map((row) => row.element));
      first = -1;
      replace(steps);
    },
  };
}

/** The elements of a line, which show one step after the other. */
function line() {
  const [time, seq, name, where] = ["quiet", "", "", ""].map((kind) => h("span", { class: kind }));
  const link = h("a", {});
  const outcome = state("");
  const element = h("div", { class: "line" }, time, seq, name, outcome, where);
  let text = null;
  return {
    element,
    show(next) {
      if (next === text) return;
      text = next;
      element.hidden = next === null;
      if (next === null) return;
      const step = JSON.parse(next);
      time.textContent = step.at ? clock(step.at) : " ";
      if (step.seq) {
        link.textContent = `#${step.seq}`;
        link.href = `#/message/${step.seq}`;
        if (!link.isConnected) seq.append(link);
      } else link.remove();
      name.textContent = step.step ?? "";
      outcome.textContent = step.state ?? "";
      outcome.className = stateClass(step.state);
      where.textContent = words(step);
      where.title = step.text ?? "";
    },
  };
}

function words(step) {
  return [step.route && step.endpoint ? `${step.route} → ${step.endpoint}` : step.endpoint ?? step.provider,
    step.type, step.controlId, step.patient && `patient ${step.patient}`, step.attempt > 1 && `attempt ${step.attempt}`,
    step.ms !== undefined && `${step.ms} ms`, step.actor && `by ${step.actor}`, step.text].filter(Boolean).join("  ");
}
