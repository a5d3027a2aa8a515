// Messages by what is known of them, newest first.
import { api, attempt, clock, count, h, state, table } from "/lib.js";

const fields = [
  ["controlId", "Control id"], ["patient", "Patient identifier, 12345 or 12345@HOSP"], ["visit", "Visit number"],
  ["order", "Placer or filler order number"], ["accession", "Accession number"], ["name", "Family name"],
  ["born", "Birth date, YYYYMMDD"], ["provider", "Provider"], ["type", "Type, ADT or ADT^A01"], ["state", "State: held, refused, …"],
  ["from", "From, 2026-03-05T08:00"], ["to", "To"],
];

export function find(main) {
  const inputs = Object.fromEntries(fields.map(([name, label], index) =>
    [name, h("input", { type: index === 0 ? "search" : "text", name, placeholder: label, "aria-label": label, autocomplete: "off" })]));
  const note = h("p", { class: "quiet", role: "status" });
  const place = h("div", {});
  const older = h("button", { hidden: true }, "Older");
  main.append(h("h1", {}, "Messages"),
    h("form", { class: "bar", onsubmit: (event) => { event.preventDefault(); attempt(() => search(null)); } },
      Object.values(inputs), h("button", { class: "main" }, "Find")), note, place, older);
  let rows = [];
  older.onclick = () => attempt(() => search(rows.at(-1).seq));
  attempt(() => search(null));

  async function search(before) {
    const query = new URLSearchParams({ limit: "50" });
    for (const [name, input] of Object.entries(inputs)) if (input.value.trim()) query.set(name, input.value.trim());
    if (before) query.set("before", before);
    const began = performance.now();
    const found = await api(`find?${query}`);
    const took = Math.round(performance.now() - began);
    rows = before ? rows.concat(found.messages) : found.messages;
    older.hidden = !found.more;
    note.textContent = `${count(rows.length)} shown in ${took} ms${found.lag > 0 ? `; the index is ${count(found.lag)} messages behind` : ""}`;
    place.replaceChildren(table([
      { title: "Message", value: (row) => h("a", { href: `#/message/${row.seq}` }, `#${row.seq}`) },
      { title: "Received", value: (row) => clock(row.receivedAt) }, { title: "From", value: (row) => row.provider ?? "unknown" },
      { title: "Type", value: (row) => row.type }, { title: "Control id", class: "mono", value: (row) => row.controlId },
      { title: "", value: (row) => state(row.disposition) },
      { title: "Deliveries", value: (row) => row.deliveries.map((end) => `${end.endpoint} ${end.state}`).join(", ") || row.routing },
    ], rows, (row) => { location.hash = `#/message/${row.seq}`; }));
  }
}
