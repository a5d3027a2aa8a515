// One message: what it says, what became of it as FHIR, its way with times, and what can be done.
import { api, attempt, change, clock, count, h, may, part, state, table, toast } from "/lib.js";

export async function message(main, seq) {
  const [entry, trace] = await Promise.all([api(`messages/${seq}`), api(`messages/${seq}/trace`)]);
  const actions = h("div", { class: "bar" });
  const body = h("div", {});
  main.append(
    h("h1", {}, `#${entry.seq} ${entry.type} `, state(entry.disposition)),
    h("p", { class: "quiet" }, [
      `received ${clock(entry.receivedAt)} from ${entry.provider ?? "an unknown sender"} at ${entry.listener}`,
      `control id ${entry.controlId || "none"}`, `version ${entry.version || "none"}`, `${count(entry.bytes)} bytes`,
      entry.parent ? `sent again from #${entry.parent}` : null,
    ].filter(Boolean).join(" · ")),
    actions,
    h("h2", {}, "Deliveries"), deliveries(entry), ...findings(entry),
    h("h2", {}, "Way"), way(trace), body);

  if (may("change")) {
    actions.append(h("button", { onclick: () => resend(entry) }, "Send again"));
    if (entry.disposition === "heldAtIntake" && entry.routing === "exempt") {
      for (const [verb, title] of [["release", "Release to the routes"], ["dismiss", "Dismiss"]]) {
        actions.append(h("button", { onclick: async () => { if (await change(`${title}: message ${seq}?`, `messages/${seq}/${verb}`)) location.reload(); } }, title));
      }
    }
  }
  if (may("patients")) {
    actions.append(h("button", { class: "main", onclick: () => attempt(() => open(body, seq)) }, "Show the message (audited)"));
  }
}

function deliveries(entry) {
  if (entry.deliveries.length === 0) return h("p", { class: "quiet" }, `None: ${entry.routing}.`);
  return table([
    { title: "Endpoint", value: (row) => h("a", { href: `#/queue/${part(row.endpoint)}` }, row.endpoint) },
    { title: "Route", value: (row) => row.route },
    { title: "State", value: (row) => state(row.state) },
    { title: "Attempts", number: true, value: (row) => count(row.attempts) },
    { title: "Settled", value: (row) => (row.settledAt ? clock(row.settledAt) : row.nextTry ? `next try ${clock(row.nextTry)}` : "") },
    { title: "Reason", value: (row) => row.reason },
    { title: "", value: (row) => h("span", { class: "bar" },
      may("patients") ? h("button", { onclick: (event) => attempt(() => compare(entry.seq, row, event.target)) }, "Compare (audited)") : null,
      may("change") && row.state !== "delivered" && row.state !== "skipped" ? deliveryButtons(entry.seq, row) : null) },
  ], entry.deliveries);
}

/** What the endpoint was sent against what was received, below the table of deliveries. */
async function compare(seq, row, button) {
  const found = await api(`deliveries/${seq}/${part(row.endpoint)}/diff`);
  const how = { kept: "was sent", rebuilt: "was sent (made again by the configuration of that time)", planned: "would be sent" }[found.origin];
  const isFHIR = found.form === "fhir";
  const summary = found.problem ?? (found.unchanged ? "Byte for byte as received."
    : isFHIR ? `${count(found.changes.length)} values, ${count(found.changes.filter((change) => change.lost).length)} lost.` : `${count(found.changes.length)} places differ.`);
  const place = h("section", { class: "panel difference", tabindex: "-1" },
    h("h2", {}, `What ${row.endpoint} ${how}`), h("p", { class: found.problem ? "bad" : "quiet" }, summary,
      found.asSent === false ? " What was sent had another SHA-256: the program's own maps have changed since." : ""),
    found.changes.length ? table([
      { title: "Place", class: "mono", value: (change) => change.location }, { title: "", value: (change) => change.name },
      { title: "Received", class: "mono", value: (change) => change.received },
      isFHIR ? { title: "Element", class: "mono", value: (change) => (change.lost ? h("span", { class: "bad" }, "lost") : (change.elements ?? []).join(", ")) }
        : { title: "Sent", class: "mono", value: (change) => change.sent ?? h("span", { class: "quiet" }, "left out") },
    ], found.changes) : null);
  const after = button.closest(".scroll");
  if (after.nextElementSibling?.classList.contains("difference")) after.nextElementSibling.remove();
  after.after(place);
  place.focus();
}

function deliveryButtons(seq, row) {
  const act = (verb, title, danger) => h("button", { class: danger ? "danger" : null, onclick: async () => {
    if (await change(`${title} message ${seq} to ${row.endpoint}?`, `deliveries/${seq}/${part(row.endpoint)}/${verb}`, {}, { action: title, danger })) location.reload();
  } }, title);
  return h("span", { class: "bar" }, row.state === "held" ? act("release", "Release") : act("hold", "Hold"), act("skip", "Skip", true));
}

async function resend(entry) {
  const boxes = entry.deliveries.map((row) => h("input", { type: "checkbox", value: row.endpoint, checked: true }));
  const fields = entry.deliveries.map((row, index) => h("label", {}, boxes[index], row.endpoint));
  const { ask } = await import("/lib.js");
  const answer = await ask(`Send message ${entry.seq} again, as a new entry`, { fields, action: "Send again" });
  if (!answer) return;
  const to = boxes.filter((box) => box.checked).map((box) => box.value);
  const done = await attempt(() => api(`messages/${entry.seq}/resend`, { body: { reason: answer.reason, to } }));
  if (done) { toast(done.done); location.hash = `#/message/${done.seq}`; }
}

function findings(entry) {
  if (entry.findings.length === 0) return [];
  return [h("h2", {}, "Findings"), table([
    { title: "", value: (row) => state(row.severity) }, { title: "Where", class: "mono", value: (row) => row.location },
    { title: "Code", value: (row) => row.code }, { title: "What", value: (row) => row.text },
  ], entry.findings)];
}

function way(steps) {
  const first = steps.length ? Date.parse(steps[0].at) : 0;
  return table([
    { title: "Time", value: (row) => clock(row.at) },
    { title: "After", number: true, value: (row) => `${count(Date.parse(row.at) - first)} ms` },
    { title: "Step", value: (row) => row.step }, { title: "State", value: (row) => state(row.state) },
    { title: "Where", value: (row) => [row.route, row.endpoint].filter(Boolean).join(" → ") },
    { title: "", value: (row) => [row.attempt > 1 && `attempt ${row.attempt}`, row.ms !== undefined && `${row.ms} ms`, row.actor && `by ${row.actor}`, row.text].filter(Boolean).join(" · ") },
  ], steps);
}

/** The message beside its resources. What lies under the pointer, or is focused, is lit on both sides. */
async function open(place, seq) {
  const view = await api(`messages/${seq}/view`);
  const leaves = new Map();
  const values = new Map();
  const light = (keys, on) => keys.forEach((element) => element.classList.toggle("lit", on));
  const bind = (element, others) => {
    for (const [start, end] of [["mouseenter", "mouseleave"], ["focus", "blur"]]) {
      element.addEventListener(start, () => light([element, ...others()], true));
      element.addEventListener(end, () => light([element, ...others()], false));
    }
    // Moving by keyboard or a click brings the other side into view; only pointing at something does not.
    element.addEventListener("focus", () => others()[0]?.scrollIntoView({ block: "nearest" }));
  };
  const lost = new Set(view.lost ?? []);
  const to = new Map();
  const from = new Map();
  for (const link of view.links ?? []) {
    to.set(link.source, [...(to.get(link.source) ?? []), link.target]);
    from.set(link.target, [...(from.get(link.target) ?? []), link.source]);
  }

  const tree = h("section", { class: "panel tree", "aria-label": "HL7 v2" });
  for (const line of view.lines) {
    if (line.depth === "segment") tree.append(h("div", { class: "segment" }, `${line.location}  ${line.name}`));
    else if (line.value !== undefined) {
      const leaf = h("div", { class: `leaf${lost.has(line.location) ? " lost" : ""}`, tabindex: "0" },
        h("span", {}, line.location), h("span", { title: `${line.name} (${line.type})` }, line.name),
        h("span", {}, line.value, line.meaning ? h("span", { class: "quiet" }, ` = ${line.meaning}`) : null));
      leaves.set(line.location, leaf);
      bind(leaf, () => (to.get(line.location) ?? []).map((target) => values.get(target)).filter(Boolean));
      tree.append(leaf);
    }
    for (const finding of line.findings ?? []) tree.append(h("div", { class: `finding ${finding.severity === "error" ? "bad" : "warn"}` }, `${finding.severity} ${finding.code}: ${finding.text}`));
  }

  const fhir = h("section", { class: "panel fhir", "aria-label": "FHIR" });
  if (view.problem) fhir.append(h("p", { class: "quiet" }, view.problem));
  const counts = {};
  for (const resource of view.resources ?? []) {
    const type = resource.resourceType;
    counts[type] = (counts[type] ?? 0) + 1;
    fhir.append(h("h2", {}, type), h("pre", {}, ...json(resource, `${type}[${counts[type]}]`, 0)));
  }

  /** JSON as text with an element for every leaf, named by its path. */
  function json(value, path, depth) {
    const pad = "  ".repeat(depth + 1);
    if (Array.isArray(value)) {
      return ["[\n", ...value.flatMap((item, index) => [pad, ...json(item, `${path}[${index}]`, depth + 1), index < value.length - 1 ? ",\n" : "\n"]), "  ".repeat(depth), "]"];
    }
    if (value !== null && typeof value === "object") {
      const names = Object.keys(value);
      return ["{\n", ...names.flatMap((name, index) => [`${pad}"${name}": `, ...json(value[name], `${path}.${name}`, depth + 1), index < names.length - 1 ? ",\n" : "\n"]), "  ".repeat(depth), "}"];
    }
    const element = h("span", { class: "value", tabindex: from.has(path) ? "0" : null }, JSON.stringify(value));
    values.set(path, element);
    bind(element, () => (from.get(path) ?? []).map((source) => leaves.get(source)).filter(Boolean));
    return [element];
  }

  place.replaceChildren(h("h2", {}, "Message"),
    view.counts ? h("p", { class: "quiet" }, `${count(view.counts.leaves)} values: ${count(view.counts.mapped)} mapped, ${count(view.counts.condition)} steered a choice, ${count(view.counts.dropped)} left out on purpose, ${count(view.counts.lost)} lost`) : null,
    h("div", { class: "split" }, tree, fhir));
}
