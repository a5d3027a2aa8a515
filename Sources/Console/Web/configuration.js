// What the broker runs with, and what the folder on disk would change.
import { api, attempt, change, count, h, may, table } from "/lib.js";

export async function configuration(main) {
  const found = await api("configuration");
  const isSame = found.disk.hash === found.hash;
  main.append(h("h1", {}, "Configuration"),
    h("p", {}, "Running: ", h("code", {}, found.hash.slice(0, 12)), " from ", h("code", {}, found.folder)),
    isSame ? h("p", { class: "good" }, "The folder on disk is what runs.")
      : h("div", {}, h("p", { class: "warn" }, found.disk.hash ? `The folder on disk differs: ${found.disk.hash.slice(0, 12)}.` : "The folder on disk has mistakes; it cannot be loaded."),
        found.disk.changes.length ? table([
          { title: "File", class: "mono", value: (row) => row.file }, { title: "Change", value: (row) => row.change },
        ], found.disk.changes) : null));
  if (!isSame && found.disk.hash) {
    const plan = h("div", {});
    main.append(h("div", { class: "bar" },
      h("button", { onclick: () => attempt(() => compare(plan)) }, "What would it change?"),
      may("change") ? h("button", { class: "main", onclick: async () => {
        if (await change("Load the folder on disk?", "configuration/reload", {}, { action: "Load it" })) location.reload();
      } }, "Load it") : null), plan);
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

/** Which messages of the last 24 hours the folder on disk would route or map otherwise. */
async function compare(place) {
  place.replaceChildren(h("p", { class: "quiet" }, "Looking at the messages of the last 24 hours…"));
  const plan = await api("plan");
  place.replaceChildren(h("p", {}, `${count(plan.different)} of ${count(plan.looked)} messages of the last 24 hours would be different${plan.more ? "; older ones were not looked at" : ""}.`),
    plan.changes.length === 0 ? "" : table([
      { title: "Message", value: (row) => h("a", { href: `#/message/${row.seq}` }, `#${row.seq}`) },
      { title: "From", value: (row) => row.provider ?? "unknown" }, { title: "Type", value: (row) => row.type },
      { title: "No longer to", value: (row) => row.before.filter((name) => !row.after.includes(name)).join(", ") },
      { title: "Also to", value: (row) => row.after.filter((name) => !row.before.includes(name)).join(", ") },
      { title: "Other content for", value: (row) => row.remade.map((end) => `${end.endpoint}: ${end.problemAfter ?? end.places.join(", ")}`).join("; ") },
    ], plan.changes, (row) => { location.hash = `#/message/${row.seq}`; }));
}
