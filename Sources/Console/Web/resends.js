// Many messages that go again: how far each run is, and how to stop it.
import { change, count, h, api, may, repeat, state, table } from "/lib.js";

export function resends(main) {
  const place = h("div", {});
  main.append(h("h1", {}, "Resends"), place);
  return repeat(async () => {
    const runs = (await api("resends")).reverse();
    // What somebody is about to press stays.
    if (place.contains(document.activeElement)) return;
    place.replaceChildren(runs.length === 0 ? h("p", { class: "quiet" }, "None yet: search for messages, and send them again from there.") : table([
      { title: "Run", class: "mono", value: (row) => row.id }, { title: "", value: (row) => state(row.state) },
      { title: "Sent", number: true, value: (row) => `${count(row.done - row.left)} of ${count(row.count)}` },
      { title: "Left out", number: true, value: (row) => count(row.left) },
      { title: "Messages", value: (row) => `#${row.first} to #${row.last}` },
      { title: "To", value: (row) => row.to.join(", ") || "where each went before" },
      { title: "Configuration", value: (row) => row.as }, { title: "By", value: (row) => row.actor }, { title: "Why", value: (row) => row.reason },
      { title: "", value: (row) => (may("change") && row.state !== "finished" ? h("button", { onclick: () =>
        change(`${row.state === "running" ? "Stop" : "Go on with"} ${row.id}?`, `resends/${row.id}/${row.state === "running" ? "stop" : "continue"}`),
      }, row.state === "running" ? "Stop" : "Go on") : "") },
    ], runs));
  }, 2000);
}
