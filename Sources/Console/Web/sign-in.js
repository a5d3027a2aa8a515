// Signing in: with an account, or at the very first time with the token that the broker printed.
import { api, h, session } from "/lib.js";
import { identify } from "/console.js";

export function signIn(main) {
  const problem = h("p", { class: "bad", role: "alert" });
  const field = (label, attributes) => h("label", {}, label, h("input", attributes));
  const submit = (make) => async (event) => {
    event.preventDefault();
    problem.textContent = "";
    try {
      await api("session", { body: make(new FormData(event.target)) });
    } catch (error) {
      problem.textContent = error.message;
      return;
    }
    await identify();
    location.hash = session.permissions.includes("accounts") && make.isToken ? "#/accounts" : "#/wall";
  };
  const byToken = (data) => ({ token: data.get("token").trim() });
  byToken.isToken = true;
  main.append(
    h("h1", {}, "Sign in"), problem,
    h("form", { class: "stack panel", onsubmit: submit((data) => ({ account: data.get("account"), password: data.get("password") })) },
      field("Account", { name: "account", autocomplete: "username", required: true }),
      field("Password", { name: "password", type: "password", autocomplete: "current-password", required: true }),
      h("button", { class: "main" }, "Sign in")),
    h("h2", {}, "With a token"),
    h("p", { class: "quiet" }, "At its first start the broker prints a token on standard error. Sign in with it, and make an account of your own."),
    h("form", { class: "stack panel", onsubmit: submit(byToken) },
      field("Token", { name: "token", type: "password", autocomplete: "off", required: true }),
      h("button", {}, "Sign in with the token")));
  main.querySelector("input").focus();
}
