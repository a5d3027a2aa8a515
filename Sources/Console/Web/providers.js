// Who takes part, how they are recognised, and how long certificates last.
import { api, count, h, table } from "/lib.js";

export async function providers(main) {
  const found = await api("providers");
  main.append(h("h1", {}, "Providers"), table([
    { title: "Provider", value: (row) => h("span", {}, h("b", {}, row.provider), row.name ? h("div", { class: "quiet" }, row.name) : null) },
    { title: "Sends as", value: (row) => row.sends.map((text) => h("div", {}, text)).reduce((all, item) => { all.append(item); return all; }, h("div", {})) },
    { title: "Receives at", value: (row) => row.endpoints.map((end) => h("div", {}, h("a", { href: `#/queue/${encodeURIComponent(end.endpoint)}` }, end.endpoint), ` ${end.address}`)).reduce((all, item) => { all.append(item); return all; }, h("div", {})) },
  ], found.providers));
  main.append(h("h2", {}, "Listeners"), table([
    { title: "Listener", value: (row) => row.name }, { title: "Address", class: "mono", value: (row) => row.address },
    { title: "TLS", value: (row) => (row.tls ? "yes" : "plaintext") },
    { title: "Connections", number: true, value: (row) => count(row.connections) },
  ], found.listeners));
  main.append(h("h2", {}, "Certificates"), table([
    { title: "File", class: "mono", value: (row) => row.file },
    { title: "Used by", value: (row) => row.usedBy.join(", ") },
    { title: "Days left", number: true, value: (row) => (row.daysLeft === undefined ? h("span", { class: "bad" }, "cannot be read")
      : h("span", { class: row.daysLeft < 7 ? "bad" : row.daysLeft < 30 ? "warn" : "good" }, count(row.daysLeft))) },
  ], found.certificates));
}
