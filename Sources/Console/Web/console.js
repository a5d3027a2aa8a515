// Pages by the part of the address behind #, who is signed in, and the keys that work everywhere.
import { api, ask, attempt, h, may, session } from "/lib.js";
import { wall } from "/wall.js";
import { log } from "/log.js";
import { find } from "/find.js";
import { message } from "/message.js";
import { queues, queue } from "/queues.js";
import { providers } from "/providers.js";
import { resends } from "/resends.js";
import { alerts } from "/alerts.js";
import { audit } from "/audit.js";
import { configuration } from "/configuration.js";
import { accounts } from "/accounts.js";
import { signIn } from "/sign-in.js";

const pages = [
  { name: "wall", title: "Wall", key: "w", show: wall, needs: "read" },
  { name: "log", title: "Log", key: "l", show: log, needs: "read" },
  { name: "find", title: "Messages", key: "m", show: find, needs: "read" },
  { name: "queues", title: "Queues", key: "q", show: queues, needs: "read" },
  { name: "alerts", title: "Alerts", key: "a", show: alerts, needs: "read" },
  { name: "providers", title: "Providers", key: "p", show: providers, needs: "read" },
  { name: "audit", title: "Audit", key: "u", show: audit, needs: "audit" },
  { name: "configuration", title: "Configuration", key: "c", show: configuration, needs: "read" },
  { name: "accounts", title: "Accounts", key: "k", show: accounts, needs: "accounts" },
];
/** Pages that others lead to; `under` is the one that is marked meanwhile. */
const hidden = {
  "sign-in": { title: "Sign in", show: signIn }, message: { title: "Message", show: message, under: "find" },
  queue: { title: "Queue", show: queue, under: "queues" }, resends: { title: "Resends", show: resends, under: "find" },
};

const main = document.getElementById("main");
let leave = null;

async function show() {
  const [name = "wall", ...rest] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const page = pages.find((page) => page.name === (name || "wall")) ?? hidden[name];
  leave?.();
  leave = null;
  main.replaceChildren();
  document.title = `${page?.title ?? name} · Wardline`;
  for (const link of document.querySelectorAll("#nav a")) {
    const isCurrent = link.getAttribute("href") === `#/${page?.under ?? page?.name}`;
    if (isCurrent) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
  }
  if (!page) return main.append(h("p", {}, "There is no such page."));
  if (page.needs && !may(page.needs)) return main.append(h("p", {}, `A ${session.role} may not see this.`));
  const shown = location.hash;
  const wait = h("p", { class: "quiet" }, "One moment…");
  main.append(wait);
  const stop = await attempt(() => page.show(main, ...rest));
  wait.remove();
  // The reader may have gone on while the page was loading.
  if (location.hash === shown) leave = stop ?? null; else stop?.();
}

/** Asks who is signed in, and draws what belongs to them. */
export async function identify() {
  const found = await api("session").catch(() => null);
  Object.assign(session, { account: "", role: "", permissions: [], csrf: "" }, found ?? {});
  document.getElementById("nav").replaceChildren(...pages.filter((page) => may(page.needs)).map((page) =>
    h("a", { href: `#/${page.name}`, title: `g ${page.key}` }, page.title)));
  document.getElementById("who").replaceChildren(...(found ? [
    `${session.account} (${session.role})`, h("button", { onclick: signOut }, "Sign out")] : []));
  if (found) {
    const status = await api("status").catch(() => null);
    document.getElementById("broker").textContent = status?.broker ?? "";
  }
  return Boolean(found);
}

async function signOut() {
  await attempt(() => api("session", { method: "DELETE" }));
  await identify();
  location.hash = "#/sign-in";
}

function help() {
  const line = (keys, text) => h("div", {}, keys.flatMap((key) => [h("kbd", {}, key), " "]), text);
  ask("Keys", {
    reason: false, action: "Close", fields: [
      line(["/"], "search"), line(["?"], "this list"), line(["j"], "next row"), line(["k"], "previous row"),
      line(["Enter"], "open the row"), ...pages.filter((page) => may(page.needs)).map((page) => line(["g", page.key], page.title)),
    ],
  });
}

let goes = false;
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, dialog")) return;
  if (goes) {
    goes = false;
    const page = pages.find((page) => page.key === event.key && may(page.needs));
    if (page) location.hash = `#/${page.name}`;
    return;
  }
  switch (event.key) {
    case "g": goes = true; break;
    case "?": help(); break;
    case "/":
      event.preventDefault();
      if (!main.querySelector("input[type=search]")) location.hash = "#/find";
      setTimeout(() => main.querySelector("input[type=search]")?.focus(), 50);
      break;
    case "j": case "k": {
      const rows = [...main.querySelectorAll("[tabindex='0']")];
      const place = rows.indexOf(document.activeElement) + (event.key === "j" ? 1 : -1);
      rows[Math.max(0, Math.min(rows.length - 1, place))]?.focus();
      break;
    }
    default: break;
  }
});

addEventListener("hashchange", show);
if (!(await identify())) location.hash = "#/sign-in";
await show();
