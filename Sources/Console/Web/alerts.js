// What is wrong now, and what was.
import { api, change, clock, h, may, repeat, state, table } from "/lib.js";

export function alerts(main) {
  const place = h("div", {});
  main.append(h("h1", {}, "Alerts"), place);
  let shown = "";
  return repeat(async () => {
    const list = await api("alerts");
    const text = JSON.stringify(list);
    if (text === shown) return;
    shown = text;
    place.replaceChildren(list.length === 0 ? h("p", { class: "good" }, "Nothing is wrong.") : table([
      { title: "", value: (row) => state(row.state) }, { title: "Since", value: (row) => clock(row.openedAt) },
      { title: "Until", value: (row) => (row.closedAt ? clock(row.closedAt) : "") },
      { title: "Kind", value: (row) => row.kind }, { title: "About", value: (row) => row.subject },
      { title: "What", value: (row) => row.text },
      { title: "", value: (row) => (may("change") && row.state === "open" ? h("span", { class: "bar" },
        h("button", { onclick: () => change(`Acknowledge: ${row.text}`, `alerts/${row.id}/acknowledge`) }, "Acknowledge"),
        h("button", { onclick: () => change(`Silence ${row.kind} of ${row.subject} for 8 hours`, `alerts/${row.id}/silence`) }, "Silence for 8 h")) : "") },
    ], list));
  }, 5000);
}
