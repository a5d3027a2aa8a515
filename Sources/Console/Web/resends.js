// Many messages that go again: how far each run is, and how to stop it.
import { api, change, count, h, may, repeat, state, table } from "/lib.js";

export function resends(main) {
  const place = h("div", {});
  let shown = "";
  main.append(h("h1", {}, "Resends"), place);
  return repeat(load, 2000);

  async function load() {
    const runs = (await api("resends")).reverse();
    const text = JSON.stringify(runs);
    if (text === shown) return;
    shown = text;
    const focus = place.contains(document.activeElement) ? document.activeElement.id : "";
    place.replaceChildren(runs.length === 0 ? h("p", { class: "quiet" }, "None yet: search for messages, and send them again from there.") : table([
      { title: "Run", class: "mono", value: (row) => row.id }, { title: "State", value: (row) => state(row.state) },
      { title: "Sent", number: true, value: (row) => `${count(row.done - row.left)} of ${count(row.count)}` },
      { title: "Left out", number: true, value: (row) => count(row.left) },
      { title: "Messages", value: (row) => `#${row.first} to #${row.last}` },
      { title: "To", value: (row) => row.to.join(", ") || "where each went before" },
      { title: "At most", value: (row) => `${row.rate} a second` },
      { title: "Configuration", value: (row) => (row.as === "then" ? "of their day" : "today's") },
      { title: "By", value: (row) => row.actor }, { title: "Why", value: (row) => row.reason },
      { title: "", value: (row) => (may("change") && row.state !== "finished" ? button(row) : "") },
    ], runs));
    if (focus) document.getElementById(focus)?.focus();
  }

  function button(row) {
    const [verb, title] = row.state === "running" ? ["stop", "Stop"] : ["continue", "Go on"];
    return h("button", { id: `run-${row.id}`, onclick: async () => {
      if (await change(`${title}: run ${row.id}?`, `resends/${row.id}/${verb}`, {}, { action: title })) await load();
    } }, title);
  }
}
