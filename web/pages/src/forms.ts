// <form data-api="POST /api/hosts" data-then="reload">: sends its fields as JSON and shows what goes wrong.
// data-then: reload, show (a secret that the answer holds), or a path to go to.

const token = document.querySelector<HTMLMetaElement>("meta[name=csrf]")?.content ?? "";

export function forms(root: ParentNode): void {
  for (const form of root.querySelectorAll<HTMLFormElement>("form[data-api]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const question = form.dataset["confirm"];
      if (!question || window.confirm(question)) void submit(form);
    });
  }
  for (const form of root.querySelectorAll<HTMLFormElement>("form[data-embed]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void handOver(form);
    });
    void handOver(form);
  }
}

/** Sends a request to the server's own API. */
export async function request(method: string, path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (token) headers["x-csrf-token"] = token;
  return fetch(path, { method, headers, body: body === undefined ? null : JSON.stringify(body), credentials: "same-origin" });
}

/** The fields of a form as JSON values; what was left empty is left out. */
export function values(form: HTMLFormElement): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const field of form.elements) {
    if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement) || !field.name || field.value === "") continue;
    switch (field.dataset["type"]) {
      case "int":
        found[field.name] = /^-?\d+$/.test(field.value.trim()) ? Number(field.value) : field.value;
        break;
      case "bool":
        found[field.name] = field.value === "true";
        break;
      case "utc":
        found[field.name] = `${field.value}Z`;
        break;
      default:
        found[field.name] = field.value;
    }
  }
  return found;
}

async function submit(form: HTMLFormElement): Promise<void> {
  const [method = "POST", path = ""] = (form.dataset["api"] ?? "").split(" ");
  const fields = values(form);
  const buttons = form.querySelectorAll<HTMLButtonElement>("button");
  for (const button of buttons) button.disabled = true;
  problem(form, "");
  try {
    const response = await request(method, path, Object.keys(fields).length ? fields : undefined);
    if (!response.ok) {
      problem(form, await reason(response));
      return;
    }
    await finish(form, response);
  } catch {
    problem(form, "The server did not answer. Try again in a moment.");
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

async function finish(form: HTMLFormElement, response: Response): Promise<void> {
  const then = form.dataset["then"] ?? "reload";
  if (then === "reload") location.reload();
  else if (then === "show") {
    const answer = (await response.json()) as { token?: string };
    const secret = form.querySelector<HTMLElement>("[data-secret]");
    if (!secret) return;
    secret.textContent = answer.token ?? "";
    secret.closest<HTMLElement>("[hidden]")?.removeAttribute("hidden");
  } else location.assign(then);
}

async function reason(response: Response): Promise<string> {
  try {
    const body = (await response.json()) as { error?: { message: string; details: unknown } };
    const details = Array.isArray(body.error?.details) ? (body.error.details as { where: string; problem: string }[]).map((item) => `${item.where}: ${item.problem}`).join("; ") : "";
    return [body.error?.message ?? response.statusText, details].filter(Boolean).join(" ");
  } catch {
    return `${response.status} ${response.statusText}`;
  }
}

function problem(form: HTMLFormElement, words: string): void {
  const node = form.querySelector<HTMLElement>(".problem");
  if (!node) {
    if (words) window.alert(words);
    return;
  }
  node.textContent = words;
  node.hidden = !words;
}

/** Hands a code for the session to the page that opened this window: to its origin and to no other. */
async function handOver(form: HTMLFormElement): Promise<void> {
  const origin = form.dataset["embed"] ?? "";
  if (!window.opener) {
    problem(form, "The page that opened this window is gone. Close this one and try again.");
    return;
  }
  const response = await request("POST", "/api/session/embed-code", { origin });
  if (!response.ok) {
    problem(form, await reason(response));
    return;
  }
  const { code } = (await response.json()) as { code: string };
  (window.opener as Window).postMessage({ type: "smallwatch-code", code }, origin);
}
