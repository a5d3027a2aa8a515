// What every page uses: elements, requests, formats, questions.

/** Makes an element: h("a", { href: "#/wall", class: "x", onclick: f }, "text", child). Text is never parsed as HTML. */
export function h(name, attributes = {}, ...children) {
  const element = name === "svg" || name === "path"
    ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return element;
}

export const session = { account: "", role: "", permissions: [], csrf: "" };
export const may = (permission) => session.permissions.includes(permission);

/** A failed request: what the broker said about it. */
export class Problem extends Error {
  constructor(status, text) { super(text); this.status = status; }
}

/** Asks the admin API. `body` makes it a POST unless `method` says otherwise; `raw` gives the answer before it is read. */
export async function api(path, { method, body, signal, raw } = {}) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const verb = method ?? (body === undefined ? "GET" : "POST");
  if (verb !== "GET" && session.csrf) headers["X-CSRF-Token"] = session.csrf;
  let response;
  try {
    response = await fetch("/api/v1/" + path, {
      method: verb, headers, signal, body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "The broker does not answer.");
  }
  if (response.status === 204) return null;
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    if (response.status === 401 && path !== "session") location.hash = "#/sign-in";
    throw new Problem(response.status, problem.error ?? `The broker answered ${response.status}.`);
  }
  return raw ? response : response.json();
}

/** `provider.endpoint` and other names as a part of a path. */
export const part = encodeURIComponent;

let toastTimer;
/** Says something in a line at the bottom, for some seconds. */
export function toast(text) {
  const element = document.getElementById("toast");
  element.textContent = text;
  element.classList.add("shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => element.classList.remove("shown"), 5000);
}

/** Runs what a button does, and says what went wrong. */
export async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    toast(error.message);
    return undefined;
  }
}

/** Asks for a reason, and more if `fields` has elements; null if nothing is to be done. */
export function ask(title, { reason = true, fields = [], action = "Do it", danger = false } = {}) {
  const dialog = document.getElementById("dialog");
  return new Promise((resolve) => {
    const why = h("input", { required: true, name: "reason", autocomplete: "off", maxlength: 500 });
    const form = h("form", { class: "stack", method: "dialog" },
      h("h2", {}, title), fields,
      reason ? h("label", {}, "Why (kept in the audit log)", why) : null,
      h("div", { class: "bar" },
        h("button", { class: danger ? "danger" : "main", value: "yes" }, action),
        h("button", { type: "button", onclick: () => dialog.close("") }, "Cancel")));
    dialog.replaceChildren(form);
    dialog.returnValue = "";
    dialog.onclose = () => resolve(dialog.returnValue === "yes" ? { reason: why.value.trim() } : null);
    dialog.showModal();
    form.querySelector("input")?.focus();
  });
}

/** Asks for a reason and posts it. */
export async function change(title, path, more = {}, options = {}) {
  const answer = await ask(title, options);
  if (!answer) return false;
  const done = await attempt(() => api(path, { body: { reason: answer.reason, ...more } }));
  if (done?.done && typeof done.done === "string") toast(done.done);
  return Boolean(done);
}

const numbers = new Intl.NumberFormat("en");
export const count = (value) => numbers.format(value ?? 0);

/** 75 → 1 min 15 s */
export function span(seconds) {
  if (seconds === undefined || seconds === null) return "–";
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
}

export const ago = (time) => (time ? `${span((Date.now() - Date.parse(time)) / 1000)} ago` : "never");

/** The time of day for today, else with the date; always local. */
export function clock(time) {
  if (!time) return "–";
  const date = new Date(time);
  const day = date.toDateString() === new Date().toDateString()
    ? "" : `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")} `;
  const part = (value, length = 2) => String(value).padStart(length, "0");
  return `${day}${part(date.getHours())}:${part(date.getMinutes())}:${part(date.getSeconds())}.${part(date.getMilliseconds(), 3)}`;
}

/** A line of counts, oldest first. */
export function sparkline(values, title) {
  const top = Math.max(1, ...values);
  const points = values.map((value, index) => `${(index * 100) / (values.length - 1)},${24 - (value * 22) / top}`);
  return h("svg", { class: "spark", viewBox: "0 0 100 25", preserveAspectRatio: "none", role: "img", "aria-label": title },
    h("path", { d: "M" + points.join("L") }));
}

const tones = {
  delivered: "good", accepted: "good", queued: "", filtered: "", resent: "", released: "", running: "good", finished: "good", stopped: "warn",
  retry: "warn", held: "warn", skipped: "warn", paused: "warn", duplicate: "warn", unrouted: "bad", refused: "bad",
  unreadable: "bad", error: "bad", warning: "warn",
};
export const stateClass = (name) => `state ${tones[name] ?? ""}`;
export const state = (name) => h("span", { class: stateClass(name) }, name);

/** A table whose rows open something with Enter or a click. */
export function table(columns, rows, open) {
  return h("div", { class: "scroll" }, h("table", {},
    h("thead", {}, h("tr", {}, columns.map((column) => h("th", { class: column.number ? "number" : null }, column.title)))),
    h("tbody", {}, rows.map((row) => h("tr", open ? {
      tabindex: "0", onclick: (event) => { if (!event.target.closest("button, a, input")) open(row); },
      onkeydown: (event) => { if (event.key === "Enter" && event.target === event.currentTarget) open(row); },
    } : {}, columns.map((column) =>
      h("td", { class: column.number ? "number" : column.class ?? null, "data-title": column.title || null }, column.value(row) ?? "")))))));
}

/** Calls `action` now and then every `milliseconds` while the page is seen; returns how to stop it. */
export function repeat(action, milliseconds) {
  let stopped = false;
  let timer;
  const run = async () => {
    if (stopped) return;
    if (!document.hidden) await action().catch((error) => { if (error.name !== "AbortError") toast(error.message); });
    if (!stopped) timer = setTimeout(run, milliseconds);
  };
  run();
  return () => { stopped = true; clearTimeout(timer); };
}
