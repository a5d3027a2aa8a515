// The audit log: who did what, and the proof that nothing was changed.
import { api, attempt, clock, count, h, table } from "/lib.js";

export async function audit(main) {
  const result = h("div", { class: "panel", role: "status", hidden: true });
  const place = h("div", {});
  const older = h("button", {}, "Older");
  const verify = h("button", { class: "main", onclick: () => attempt(check) }, "Verify the whole log");
  main.append(h("h1", {}, "Audit log"), h("div", { class: "bar" }, verify), result, place, older);
  const pageMax = 200;
  let rows = [];
  const status = await api("status");
  let before = status.lastEvent + 1;
  await load();
  older.onclick = () => attempt(load);

  async function load() {
    const next = await api(`audit/events?after=${Math.max(0, before - 1 - pageMax)}&limit=${Math.min(pageMax, before - 1)}`);
    rows = rows.concat(next.reverse());
    before = rows.at(-1)?.event ?? 1;
    older.hidden = before <= 1;
    place.replaceChildren(table([
      { title: "Event", number: true, value: (row) => count(row.event) },
      { title: "Time", value: (row) => clock(row.at) },
      { title: "Who", value: (row) => row.actor },
      { title: "What", value: (row) => row.kind },
      { title: "Message", value: (row) => (row.seq ? h("a", { href: `#/message/${row.seq}` }, `#${row.seq}`) : "") },
      { title: "Patients", class: "mono", value: (row) => (row.patients ?? []).join(" ") },
      { title: "", value: (row) => [row.provider, row.endpoint, row.text].filter(Boolean).join(" · ") },
    ], rows));
  }

  async function check() {
    verify.disabled = true;
    result.hidden = false;
    result.textContent = "Every event is hashed again…";
    try {
      const report = await api("audit/verify", { body: {} });
      result.replaceChildren(h("b", { class: report.isIntact ? "good" : "bad" }, report.isIntact ? "The log is intact." : "The log is damaged."),
        ` ${report.text}`);
    } finally {
      verify.disabled = false;
    }
  }
}
