// Every provider that sends and every endpoint that receives, with its state.
import { ago, api, change, count, h, may, part, repeat, span, sparkline } from "/lib.js";

export function wall(main) {
  const filter = h("input", { type: "search", placeholder: "Filter by name", "aria-label": "Filter by name" });
  const only = h("input", { type: "checkbox" });
  const summary = h("span", { class: "quiet" });
  const cards = h("div", { class: "cards" });
  main.append(h("h1", {}, "Wall"),
    h("div", { class: "bar" }, filter, h("label", {}, only, "Only what needs someone"), h("span", { class: "grow" }), summary), cards);
  const shown = new Map();
  let latest = null;

  function draw() {
    const text = filter.value.toLowerCase();
    let worse = 0;
    for (const entry of latest.entries) {
      let card = shown.get(entry.name + entry.kind);
      if (!card) {
        card = makeCard(entry);
        shown.set(entry.name + entry.kind, card);
        cards.append(card.element);
      }
      const tone = toneOf(entry);
      if (tone === "bad" || tone === "warn") worse += 1;
      card.update(entry, tone);
      card.element.hidden = !entry.name.toLowerCase().includes(text) || (only.checked && tone !== "bad" && tone !== "warn");
    }
    summary.textContent = `${count(latest.entries.length)} shown, ${count(worse)} in need · ${count(latest.messagesLastMinute)} messages in the last minute`;
  }

  let round = 0;
  const stop = repeat(async () => {
    // The lines of a day change slowly and are most of the bytes.
    const next = await api(`wall?spark=${round++ % 30 === 0 ? 1 : 0}`);
    latest = next;
    draw();
  }, 2000);
  filter.oninput = draw;
  only.onchange = draw;
  return stop;

  function makeCard(entry) {
    const stateText = h("span", { class: "state" });
    const values = ["a", "b", "c", "d"].map(() => h("dd", {}));
    const reason = h("div", { class: "quiet" });
    const spark = h("div", {});
    const actions = h("div", { class: "actions" });
    const isEndpoint = entry.kind === "endpoint";
    const labels = isEndpoint ? ["Queued", "Held", "Oldest", "Last success"] : ["Last minute", "Refused", "", "Last message"];
    const element = h("article", { class: "card", tabindex: "0", onkeydown: (event) => {
      if (event.key === "Enter" && event.target === element && isEndpoint) location.hash = `#/queue/${part(entry.name)}`;
    } },
      h("h3", {}, isEndpoint ? h("a", { href: `#/queue/${part(entry.name)}` }, entry.name) : entry.name, stateText),
      h("dl", {}, labels.flatMap((label, index) => [h("dt", {}, label), values[index]])), spark, reason, actions);
    let paused = null;
    return {
      element,
      update(entry, tone) {
        element.className = `card ${tone}`;
        stateText.textContent = entry.state;
        stateText.className = `state ${tone}`;
        const texts = isEndpoint
          ? [count(entry.queued), count(entry.held), span(entry.oldestSeconds), ago(entry.lastSuccess)]
          : [count(entry.lastMinute), count(entry.failures), "", ago(entry.lastSuccess)];
        texts.forEach((text, index) => { if (values[index].textContent !== text) values[index].textContent = text; });
        reason.textContent = entry.reason ?? "";
        if (entry.spark) spark.replaceChildren(sparkline(entry.spark, "messages over the last 24 hours"));
        const isPaused = entry.state === "paused";
        if (isEndpoint && may("change") && paused !== isPaused) {
          paused = isPaused;
          const verb = isPaused ? "resume" : "pause";
          actions.replaceChildren(h("button", {
            onclick: () => change(`${isPaused ? "Resume" : "Pause"} ${entry.name}?`, `endpoints/${part(entry.name)}/${verb}`),
          }, isPaused ? "Resume" : "Pause"));
        }
      },
    };
  }
}

function toneOf(entry) {
  if (entry.kind === "endpoint") {
    if (entry.state === "paused" || entry.held > 0) return "warn";
    if (entry.oldestSeconds > 300) return "bad";
    if (entry.oldestSeconds > 30) return "warn";
  }
  return entry.lastSuccess ? "" : "idle";
}
