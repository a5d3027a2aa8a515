// Who may sign in, as what, and with which tokens.
import { api, ask, attempt, clock, h, part, table, toast } from "/lib.js";

const roles = {
  viewer: "sees everything but patient data", operator: "also reads messages and acts on them",
  privacy: "reads messages and the audit log", admin: "everything",
};

export async function accounts(main) {
  const place = h("div", {});
  main.append(h("h1", {}, "Accounts"),
    h("div", { class: "bar" }, h("button", { class: "main", onclick: () => add() }, "New account")), place,
    h("p", { class: "quiet" }, Object.entries(roles).map(([role, text]) => h("div", {}, h("b", {}, role), ` ${text}`))));
  await load();

  async function load() {
    const list = await api("accounts");
    place.replaceChildren(table([
      { title: "Account", value: (row) => row.account },
      { title: "Role", value: (row) => row.role },
      { title: "Password", value: (row) => (row.hasPassword ? "yes" : "none") },
      { title: "Tokens", value: (row) => h("span", {}, row.tokens.map((token) => h("div", {}, `${token.name}, since ${clock(token.createdAt)}${token.expiresAt ? `, until ${clock(token.expiresAt)}` : ""} `,
        h("button", { onclick: () => remove(`Remove the token ${token.name} of ${row.account}?`, `accounts/${part(row.account)}/tokens/${part(token.name)}`) }, "Remove")))) },
      { title: "", value: (row) => h("span", { class: "bar" },
        h("button", { onclick: () => edit(row) }, "Change"), h("button", { onclick: () => makeToken(row) }, "New token"),
        h("button", { class: "danger", onclick: () => remove(`Remove ${row.account}?`, `accounts/${part(row.account)}`) }, "Remove")) },
    ], list));
  }

  const roleField = (selected) => h("select", { "aria-label": "Role" }, Object.keys(roles).map((role) => h("option", { value: role, selected: role === selected }, role)));
  const passwordField = () => h("input", { type: "password", autocomplete: "new-password", minlength: 12 });

  async function add() {
    const [name, role, password] = [h("input", { required: true }), roleField("viewer"), passwordField()];
    const fields = [h("label", {}, "Account", name), h("label", {}, "Role", role), h("label", {}, "Password, 12 characters or more", password)];
    if (!(await ask("New account", { reason: false, fields, action: "Make it" }))) return;
    await run(() => api("accounts", { body: { account: name.value, role: role.value, password: password.value || undefined } }));
  }

  async function edit(row) {
    const [role, password] = [roleField(row.role), passwordField()];
    const fields = [h("label", {}, "Role", role), h("label", {}, "New password; empty keeps the old one", password)];
    if (!(await ask(`Change ${row.account}`, { reason: false, fields, action: "Change" }))) return;
    await run(() => api(`accounts/${part(row.account)}`, { method: "PUT", body: { role: role.value, password: password.value || undefined } }));
  }

  async function makeToken(row) {
    const [name, days] = [h("input", { required: true }), h("input", { type: "number", min: 1 })];
    const fields = [h("label", {}, "What it is for", name), h("label", {}, "Days until it expires; empty: never", days)];
    if (!(await ask(`New token for ${row.account}`, { reason: false, fields, action: "Make it" }))) return;
    const made = await attempt(() => api(`accounts/${part(row.account)}/tokens`, { body: { name: name.value, days: days.value ? Number(days.value) : undefined } }));
    if (made) await ask("The token. It is not shown again.", { reason: false, action: "I have it", fields: [h("pre", {}, made.token)] });
    await load();
  }

  async function remove(title, path) {
    if (await ask(title, { reason: false, action: "Remove", danger: true })) await run(() => api(path, { method: "DELETE" }));
  }

  async function run(action) {
    const done = await attempt(action);
    if (done) toast(done.done);
    await load();
  }
}
