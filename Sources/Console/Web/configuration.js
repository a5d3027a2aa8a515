// What the broker runs with, and what the folder on disk would change.
import { api, ask, attempt, count, h, may, table, toast } from "/lib.js";

export async function configuration(main) {
  const found = await api("configuration");
  const isSame = found.disk.hash === found.hash;
  main.append(h("h1", {}, "Configuration"),
    h("p", {}, "Running: ", h("code", {}, found.hash.slice(0, 12)), " from ", h("code", {}, found.folder)),
    isSame ? h("p", { class: "good" }, "The folder on disk is what runs.")
      : h("div", {}, h("p", { class: "warn" }, found.disk.hash ? `The folder on disk differs: ${found.disk.hash.slice(0, 12)}.` : "The folder on disk has mistakes; it cannot be loaded."),
        found.disk.changes.length ? table([
          { title: "File", class: "mono", value: (row) => row.file }, { title: "", value: (row) => row.change },
        ], found.disk.changes) : null));
  if (may("change") && !isSame && found.disk.hash) {
    main.append(h("button", { class: "main", onclick: async () => {
      if (!(await ask("Load the folder on disk?", { action: "Load it" }))) return;
      const done = await attempt(() => api("configuration/reload", { body: { reason: "console" } }));
      if (done) { toast(done.done); location.reload(); }
    } }, "Load it"));
  }
  main.append(h("h2", {}, "Check"), found.disk.findings.length === 0 ? h("p", { class: "good" }, "No findings.")
    : table([
      { title: "", value: (row) => h("span", { class: row.severity === "error" ? "bad" : "warn" }, row.severity) },
      { title: "Where", class: "mono", value: (row) => row.place }, { title: "What", value: (row) => row.text },
    ], found.disk.findings));
  main.append(h("h2", {}, "Files that run"), table([
    { title: "File", class: "mono", value: (row) => row.file }, { title: "Bytes", number: true, value: (row) => count(row.bytes) },
  ], found.files));
}
