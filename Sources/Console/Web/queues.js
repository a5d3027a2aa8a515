// What waits for each endpoint, and one queue with what can be done about it.
import { api, attempt, change, clock, count, h, may, part, repeat, span, state, table } from "/lib.js";

export function queues(main) {
  const place = h("div", {});
  main.append(h("h1", {}, "Queues"), place);
  return repeat(async () => {
    // What waits comes first; the rest by name.
    const list = (await api("queues")).sort((one, other) => (other.queued + other.held > 0) - (one.queued + one.held > 0));
    const focus = [...place.querySelectorAll("tr[tabindex]")].indexOf(document.activeElement);
    place.replaceChildren(table([
      { title: "Endpoint", value: (row) => h("a", { href: `#/queue/${part(row.endpoint)}` }, row.endpoint) },
      { title: "Queued", number: true, value: (row) => count(row.queued) },
      { title: "Held", number: true, value: (row) => count(row.held) },
      { title: "Oldest", number: true, value: (row) => span(row.oldestSeconds) },
      { title: "Head", number: true, value: (row) => row.head ? h("a", { href: `#/message/${row.head}` }, `#${row.head}`) : "" },
      { title: "Next try", value: (row) => (row.nextTry ? clock(row.nextTry) : "") },
      { title: "Reason", value: (row) => row.reason },
    ], list, (row) => { location.hash = `#/queue/${part(row.endpoint)}`; }));
    place.querySelectorAll("tr[tabindex]")[focus]?.focus();
  }, 3000);
}

export async function queue(main, endpoint) {
  const place = h("div", {});
  const more = h("button", {}, "More");
  const actions = h("div", { class: "bar" });
  main.append(h("h1", {}, endpoint), actions, place, more);
  const pageMax = 100;
  let rows = [];

  async function load(after) {
    const next = await api(`endpoints/${part(endpoint)}/deliveries?after=${after}&limit=${pageMax}`);
    rows = after === 0 ? next : rows.concat(next);
    more.hidden = next.length < pageMax;
    place.replaceChildren(rows.length === 0 ? h("p", { class: "quiet" }, "Nothing waits.") : table([
      { title: "Message", value: (row) => h("a", { href: `#/message/${row.seq}` }, `#${row.seq}`) },
      { title: "State", value: (row) => state(row.state) },
      { title: "Attempts", number: true, value: (row) => count(row.attempts) },
      { title: "Next try", value: (row) => (row.nextTry ? clock(row.nextTry) : "") },
      { title: "Reason", value: (row) => row.reason },
      { title: "", value: (row) => (may("change") ? buttons(row) : "") },
    ], rows, (row) => { location.hash = `#/message/${row.seq}`; }));
  }

  function buttons(row) {
    const act = (verb, title, danger) => h("button", { class: danger ? "danger" : null, onclick: async () => {
      if (await change(`${title} message ${row.seq} to ${endpoint}?`, `deliveries/${row.seq}/${part(endpoint)}/${verb}`, {}, { action: title, danger })) await load(0);
    } }, title);
    return h("span", { class: "bar" }, row.state === "held" ? act("release", "Release") : act("hold", "Hold"), act("skip", "Skip", true));
  }

  const status = await api("status");
  const own = status.endpoints.find((entry) => entry.endpoint === endpoint);
  if (may("change") && own) {
    const verb = own.state === "paused" ? "resume" : "pause";
    actions.append(state(own.state), own.reason ?? "", h("button", { onclick: async () => {
      if (await change(`${verb} ${endpoint}?`, `endpoints/${part(endpoint)}/${verb}`)) location.reload();
    } }, verb === "pause" ? "Pause" : "Resume"));
  }
  more.onclick = () => attempt(() => load(rows.at(-1)?.seq ?? 0));
  await load(0);
}
