// What a person should look at: open alerts as they come and go, who has them in hand, and quiet hours.
import { ago, api, ask, attempt, change, clock, h, may, part, repeat, session, toast } from "/lib.js";

const tones = { critical: "bad", warning: "warn", notice: "idle" };

export function alerts(main) {
  const place = h("div", { "aria-live": "polite" });
  main.append(h("h1", {}, "Alerts"), place);
  let source = null;
  let last = null;
  let timer = null;
  // Ages and what they say now change by themselves.
  const stop = repeat(load, 10000);

  async function load() {
    const list = await api("alerts");
    const focus = [...place.querySelectorAll("button")].indexOf(document.activeElement);
    place.replaceChildren(list.length === 0 ? h("p", { class: "quiet" }, "Nothing is wrong that the broker knows of.")
      : h("div", { class: "cards" }, list.map(card)));
    place.querySelectorAll("button")[focus]?.focus();
  }

  function card(row) {
    return h("article", { class: `card ${tones[row.severity] ?? ""}`, tabindex: "0" },
      h("h3", {}, h("span", {}, row.kind, " ", where(row)), h("span", { class: `state ${tones[row.severity] ?? ""}` }, row.severity)),
      h("p", {}, row.text, row.now === row.text ? null : h("span", { class: "quiet" }, h("br"), `now: ${row.now}`)),
      h("p", { class: "quiet" }, h("span", { title: clock(row.openedAt) }, `since ${ago(row.openedAt).replace(" ago", "")}`),
        row.acknowledgedBy ? h("span", { title: row.acknowledgedBecause }, ` · ${row.acknowledgedBy} has it, ${row.acknowledgedBecause}`) : null,
        row.silencedUntil ? ` · silent until ${clock(row.silencedUntil).replace(/:00\.000$/, "")}` : null),
      may("change") ? h("div", { class: "actions" },
        row.acknowledgedBy ? null : h("button", { onclick: () => acknowledge(row) }, "Acknowledge"),
        row.silencedUntil ? h("button", { onclick: () => silence(row, new Date()) }, "Let it speak")
          : h("button", { onclick: () => silence(row) }, "Silence")) : null);
  }

  function where(row) {
    if (!row.subject) return "broker";
    return ["queueDepth", "oldestAge", "disconnected", "errorRate", "slow", "paused"].includes(row.kind)
      ? h("a", { href: `#/queue/${part(row.subject)}` }, row.subject) : row.subject;
  }

  async function acknowledge(row) {
    if (await change(`I have it in hand: ${row.kind} ${row.subject}`, `alerts/${part(row.id)}/acknowledge`)) await load();
  }

  async function silence(row, over) {
    const until = h("input", { type: "datetime-local", required: true, value: local(new Date(Date.now() + 8 * 3600e3)) });
    const answer = await ask(over ? `Let it speak again: ${row.kind} ${row.subject}` : `Tell nobody of: ${row.kind} ${row.subject}`, {
      action: over ? "Let it speak" : "Silence", fields: over ? [] : [h("label", {}, "Until", until)],
    });
    if (!answer) return;
    const time = (over ?? new Date(until.value)).toISOString().replace(/\.\d+Z$/, "Z");
    const done = await attempt(() => api(`alerts/${part(row.id)}/silence`, { body: { until: time, reason: answer.reason } }));
    if (done) toast(done.done);
    await attempt(load);
  }

  function connect() {
    source = new EventSource(`/api/v1/events?step=alert&${last ? `after=${last}` : "last=0"}`);
    source.onmessage = (event) => {
      last = event.lastEventId;
      // Many may come together; one look is enough.
      timer ??= setTimeout(() => { timer = null; attempt(load); }, 100);
    };
    source.onerror = () => {
      source.close();
      setTimeout(() => { if (place.isConnected && session.account) connect(); }, 2000);
    };
  }

  connect();
  return () => { stop(); source?.close(); clearTimeout(timer); };
}

/** A date as an input of that type wants it: in the zone of whoever looks. */
function local(date) {
  return new Date(date.getTime() - date.getTimezoneOffset() * 60e3).toISOString().slice(0, 16);
}
