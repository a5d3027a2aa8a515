// Messages by what is known of them, newest first.
import { api, ask, attempt, clock, count, h, may, state, table, toast } from "/lib.js";

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
  const again = h("button", { type: "button", onclick: () => attempt(resend) }, "Send all of these again…");
  main.append(h("h1", {}, "Messages"),
    h("form", { class: "bar", onsubmit: (event) => { event.preventDefault(); attempt(() => search(null)); } },
      Object.values(inputs), h("button", { class: "main" }, "Find"), may("change") ? [again, h("a", { href: "#/resends" }, "Resends")] : null), note, place, older);
  let rows = [];
  older.onclick = () => attempt(() => search(rows.at(-1).seq));
  attempt(() => search(null));

  /** A dry run says how many; then they go, in order, ten a second unless said otherwise. */
  async function resend() {
    const query = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value.trim()]).filter(([, value]) => value));
    const body = { reason: "dry run", query, dryRun: true };
    const plan = await api("resends", { body });
    if (plan.count === 0) return toast("Nothing was found.");
    const to = h("input", { name: "to", placeholder: "where each went before", autocomplete: "off" });
    const rate = h("input", { name: "rate", type: "number", min: "0.01", max: "1000", step: "any", value: "10", required: true });
    const then = h("input", { type: "checkbox" });
    const answer = await ask(`Send ${count(plan.count)} messages again, #${plan.first} to #${plan.last}`, {
      action: "Send them", fields: [
        h("label", {}, "To (provider.endpoint)", to), h("label", {}, "At most so many a second", rate),
        h("label", {}, h("span", {}, then, " by the configuration of their day"))],
    });
    if (!answer) return undefined;
    const run = await api("resends", { body: {
      reason: answer.reason, query, rate: Number(rate.value), as: then.checked ? "then" : "now",
      ...(to.value.trim() ? { to: [to.value.trim()] } : {}) } });
    toast(`${run.id}: ${count(run.count)} messages go again.`);
    location.hash = "#/resends";
    return undefined;
  }

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
