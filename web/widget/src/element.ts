// The custom element: launcher, window, composer, lists. Chat logic is in chat.ts, turns are drawn by turnview.ts.

import { Api, Refusal } from "./api.ts";
import { Chat } from "./chat.ts";
import { el, icon, put } from "./dom.ts";
import { HERE } from "./here.ts";
import { logInByWindow } from "./login.ts";
import { drawQuota } from "./quota.ts";
import { fill, type Strings, strings } from "./strings.ts";
import css from "./style.css";
import { answer, type Turn } from "./turns.ts";
import { TurnView } from "./turnview.ts";
import type { Model, Quota } from "./types.ts";

const LONGEST_INPUT = 10_000;
const NEAR_END_PX = 60;

export class SmallwatchChat extends HTMLElement {
  #api!: Api;
  #chat!: Chat;
  #text!: Strings;
  #models: readonly Model[] = [];
  #model: Model | null = null;
  #quota: Quota | null = null;
  #email: string | null = null;
  #opening: Promise<void> | null = null;
  #views: TurnView[] = [];
  #pending = new Map<number, Turn>();
  #frame = 0;

  readonly #launch = el("button", { type: "button", class: "launch" }, icon("chat"));
  readonly #window = el("section", { class: "window", role: "dialog", hidden: true });
  readonly #modelButton = el("button", { type: "button", class: "model" });
  readonly #log = el("div", { class: "log", tabindex: "0", role: "log", "aria-live": "off" });
  readonly #list = el("div", { class: "log", hidden: true });
  readonly #latest = el("button", { type: "button", class: "latest", hidden: true }, icon("down"));
  readonly #notice = el("p", { class: "notice", hidden: true });
  readonly #input = el("textarea", { rows: "1", enterkeyhint: "send", dir: "auto" });
  readonly #go = el("button", { type: "submit", class: "go" });
  readonly #quotaLine = el("div", { class: "quota" });
  readonly #status = el("div", { class: "sr", role: "status", "aria-live": "polite" });

  connectedCallback(): void {
    if (this.shadowRoot) return;
    const server = (this.getAttribute("server") || location.origin).replace(/\/+$/, "");
    this.#api = new Api(server, new URL(server).origin !== location.origin);
    this.#text = strings(this.lang ? [this.lang] : [document.documentElement.lang, ...navigator.languages]);
    this.#chat = new Chat(this.#api, {
      onTurn: (index, turn) => this.#draw(index, turn),
      onTurns: (turns) => this.#redraw(turns),
      onQuota: (change) => this.#setQuota(this.#quota && { ...this.#quota, ...change }),
      onEvent: (event, turn) => {
        if (event.type === "approval-requested") this.#say(fill(this.#text.asking, { tool: event.approval.tool }));
        if (event.type === "run-ended") this.#say(fill(this.#text.answered, { text: answer(turn).slice(0, 500) }));
      },
      onConnection: (up) => {
        if (!up) this.#warn(this.#text.offline);
        else if (this.#notice.textContent === this.#text.offline) this.#warn("");
      },
      onIdle: (here) => (here ? this.#drawGo() : void this.#idle()),
      onUnable: (question, reason) => void this.#handOn(question, reason),
    });
    // A constructed sheet needs no leave of the page's content security policy.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    root.append(this.#launch, this.#window, this.#status);
    this.#build();
    this.#listen();
    if (sessionStorage.getItem(this.#openKey) === "1") void this.open();
  }

  get #openKey(): string {
    return `smallwatch:${this.#api.server}:open`;
  }

  #build(): void {
    const text = this.#text;
    const button = (name: Parameters<typeof icon>[0], label: string, act: () => void): HTMLButtonElement =>
      el("button", { type: "button", "aria-label": label, title: label, onclick: act }, icon(name));
    this.#launch.setAttribute("aria-label", text.open);
    this.#launch.setAttribute("aria-expanded", "false");
    this.#window.setAttribute("aria-label", text.title);
    this.#log.setAttribute("aria-label", text.title);
    this.#latest.setAttribute("aria-label", text.latest);
    this.#input.setAttribute("aria-label", text.placeholder);
    this.#input.placeholder = text.placeholder;
    const form = el("form", { onsubmit: (event: SubmitEvent) => this.#submit(event) }, this.#input, this.#go);
    put(
      this.#window,
      el(
        "div",
        { class: "head" },
        el("h2", {}, text.title),
        this.#modelButton,
        button("clock", text.history, () => void this.#history()),
        button("plus", text.newChat, () => this.#fresh()),
        button("close", text.close, () => this.close()),
      ),
      this.#log,
      this.#list,
      this.#notice,
      el("div", {}, form, this.#quotaLine),
    );
    this.#drawGo();
    this.#redraw([]);
  }

  #listen(): void {
    this.#launch.addEventListener("click", () => void this.open());
    this.#modelButton.addEventListener("click", () => this.#nextModel());
    this.#latest.addEventListener("click", () => this.#toEnd());
    this.#log.addEventListener("scroll", () => (this.#latest.hidden = this.#atEnd()), { passive: true });
    this.#input.addEventListener("input", () => this.#grow());
    this.#input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.#go.form?.requestSubmit();
      }
    });
    this.#window.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      if (!this.#list.hidden) this.#showLog();
      else if (this.#chat.busy) void this.#stop();
      else this.close();
    });
    const fit = (): void => this.style.setProperty("--height", `${window.visualViewport?.height ?? window.innerHeight}px`);
    window.visualViewport?.addEventListener("resize", fit);
    fit();
  }

  async open(): Promise<void> {
    this.#window.hidden = false;
    this.#launch.hidden = true;
    this.#launch.setAttribute("aria-expanded", "true");
    this.setAttribute("data-open", "");
    sessionStorage.setItem(this.#openKey, "1");
    this.#input.focus();
    await this.#load();
  }

  /** Finds out who asks, what can be asked, and what was said before; once, unless it fails. */
  #load(): Promise<void> {
    this.#opening ??= this.#guard(async () => {
      const session = await this.#api.session();
      this.#email = session.account?.email ?? null;
      const [served, quota, offer] = await Promise.all([this.#api.models(), this.#api.quota(), this.#chat.here.offer(), this.#chat.resume()]);
      const models = offer ? [...served, { name: HERE, label: this.#text.here, available: true, reason: null, bytes: offer.bytes }] : served;
      this.#models = models;
      const wanted = localStorage.getItem(`smallwatch:${this.#api.server}:model`);
      this.#pick(models.find((model) => model.name === wanted) ?? models.find((model) => model.available) ?? models[0] ?? null);
      this.#setQuota(quota);
    }).catch(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  close(): void {
    this.#window.hidden = true;
    this.#launch.hidden = false;
    this.#launch.setAttribute("aria-expanded", "false");
    this.removeAttribute("data-open");
    sessionStorage.removeItem(this.#openKey);
    this.#launch.focus();
  }

  // -- asking

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    if (this.#chat.busy) {
      void this.#stop();
      return;
    }
    const question = this.#input.value.trim();
    if (question) void this.#send(question);
  }

  async #send(question: string): Promise<void> {
    if (question.length > LONGEST_INPUT) {
      this.#warn(fill(this.#text.tooLong, { count: question.length.toLocaleString() }));
      return;
    }
    this.#input.value = "";
    this.#grow();
    // Whoever types faster than the page loads is answered all the same.
    await this.#load();
    try {
      await this.#guard(() => this.#chat.send(question, this.#model?.name ?? ""));
    } catch {
      // It was shown; the question comes back, so that nothing typed is lost.
      if (!this.#input.value) this.#input.value = question;
    }
    this.#drawGo();
    this.#toEnd();
  }

  async #stop(): Promise<void> {
    await this.#guard(() => this.#chat.stop()).catch(() => undefined);
  }

  async #idle(): Promise<void> {
    this.#drawGo();
    // Not guarded: a notice that stands there is still true.
    await this.#api.quota().then((quota) => this.#setQuota(quota), () => undefined);
  }

  /** Runs work and shows what goes wrong; the error goes on to whoever waits. */
  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      const done = await work();
      this.#warn("");
      return done;
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) this.#api.forget();
      const reason = error instanceof Refusal ? error.message : this.#text.offline;
      this.#warn(fill(this.#text.failed, { reason }));
      throw error;
    }
  }

  // -- models and quota

  #pick(model: Model | null): void {
    this.#model = model;
    if (!model) return;
    put(this.#modelButton, model.label, icon("swap"));
    this.#modelButton.setAttribute("aria-label", fill(this.#text.nextModel, { name: model.label }));
    localStorage.setItem(`smallwatch:${this.#api.server}:model`, model.name);
    this.#warn(this.#caution(model), model.available);
  }

  /** What to know of a model before it is asked. */
  #caution(model: Model): string {
    const text = this.#text;
    if (!model.available) return fill(text.unavailable, { name: model.label, reason: model.reason ?? "" });
    if (model.name === HERE) return fill(text.hereNote, { size: ((model.bytes ?? 0) / 1e6).toFixed(1) });
    return this.#chat.hasKept ? fill(text.hereStays, { name: model.label }) : "";
  }

  /** Lets another model answer what this browser cannot; TestLLM is the same model, on the server. */
  async #handOn(question: string, reason: string): Promise<void> {
    const others = this.#models.filter((model) => model.name !== HERE && model.available);
    const other = others.find((model) => model.name === "testllm") ?? others[0];
    if (!other) {
      this.#input.value ||= question;
      this.#drawGo();
      this.#warn(fill(this.#text.failed, { reason }));
      return;
    }
    this.#pick(other);
    await this.#send(question);
    this.#warn(fill(this.#text.handedOn, { name: other.label, reason }));
  }

  #nextModel(): void {
    const at = this.#models.findIndex((model) => model.name === this.#model?.name);
    const next = this.#models[(at + 1) % Math.max(this.#models.length, 1)];
    if (!next) return;
    this.#pick(next);
    this.#say(`${this.#text.model}: ${next.label}`);
  }

  #setQuota(quota: Quota | null): void {
    this.#quota = quota;
    drawQuota(this.#quotaLine, quota, this.#email, this.#text, {
      logIn: () => void this.#logIn(),
      logOut: () => void this.#logOut(),
      page: (path) => this.#api.server + path,
    });
  }

  async #logIn(): Promise<void> {
    if (!this.#api.embedded) {
      location.assign(`${this.#api.server}/login?next=${encodeURIComponent(location.pathname)}`);
      return;
    }
    const done = await this.#guard(() => logInByWindow(this.#api)).catch(() => false);
    if (!done) return;
    this.#email = (await this.#api.session()).account?.email ?? null;
    this.#chat.here.forget();
    await this.#idle();
    this.#input.focus();
  }

  async #logOut(): Promise<void> {
    await this.#guard(() => this.#api.logOut()).catch(() => undefined);
    this.#email = null;
    this.#chat.here.forget();
    this.#fresh();
    this.#opening = null;
    await this.open();
  }

  // -- drawing

  #fresh(): void {
    this.#showLog();
    this.#chat.fresh();
    this.#drawGo();
    this.#input.focus();
  }

  #redraw(turns: readonly Turn[]): void {
    this.#views = [];
    if (turns.length) put(this.#log, this.#latest);
    else put(this.#log, this.#welcome());
    turns.forEach((turn, index) => this.#place(index, turn));
    this.#drawGo();
    this.#toEnd();
  }

  #welcome(): HTMLElement {
    const examples = this.#text.examples.map((example) => el("button", { type: "button", onclick: () => void this.#send(example) }, example));
    return el("div", { class: "welcome" }, el("p", {}, this.#text.greeting), ...examples);
  }

  /** Events come in bursts; the page is drawn once a frame. */
  #draw(index: number, turn: Turn): void {
    this.#pending.set(index, turn);
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      const follow = this.#atEnd();
      for (const [place, changed] of this.#pending) this.#place(place, changed);
      this.#pending.clear();
      this.#drawGo();
      if (follow) this.#toEnd();
    });
  }

  #place(index: number, turn: Turn): void {
    const view = this.#views[index];
    if (view) {
      const asked = turn.parts.some((part) => part.kind === "call" && part.state === "asking");
      view.update(turn);
      if (asked && this.shadowRoot?.activeElement === this.#input && !this.#input.value) {
        view.node.querySelector<HTMLButtonElement>("[data-approve=once]")?.focus();
      }
      return;
    }
    if (!this.#views.length) put(this.#log, this.#latest);
    const made = new TurnView(turn, this.#text, {
      decide: (approval, approve, remember) => {
        this.#input.focus();
        void this.#guard(() => this.#chat.decide(approval, approve, remember)).catch(() => undefined);
      },
      hostPage: (id) => `${this.#api.server}/dashboard/hosts/${id}`,
      modelLabel: (name) => this.#models.find((model) => model.name === name)?.label ?? name,
      retry: () => void this.#guard(() => this.#chat.retry()).catch(() => undefined),
    });
    this.#views[index] = made;
    this.#latest.before(made.node);
  }

  #drawGo(): void {
    const busy = this.#chat?.busy ?? false;
    this.#go.classList.toggle("stop", busy);
    this.#go.setAttribute("aria-label", busy ? this.#text.stop : this.#text.send);
    put(this.#go, icon(busy ? "stop" : "send"));
  }

  #grow(): void {
    this.#input.style.blockSize = "auto";
    this.#input.style.blockSize = `${Math.max(44, this.#input.scrollHeight + 2)}px`;
  }

  #atEnd(): boolean {
    return this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < NEAR_END_PX;
  }

  #toEnd(): void {
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#latest.hidden = true;
  }

  #warn(words: string, calm = false): void {
    this.#notice.textContent = words;
    this.#notice.hidden = !words;
    this.#notice.classList.toggle("calm", calm);
    if (words) this.#say(words);
  }

  #say(words: string): void {
    this.#status.textContent = words;
  }

  // -- earlier chats

  #showLog(): void {
    this.#list.hidden = true;
    this.#log.hidden = false;
    this.#input.focus();
  }

  async #history(): Promise<void> {
    if (!this.#list.hidden) {
      this.#showLog();
      return;
    }
    const heads = await this.#guard(() => this.#api.conversations()).catch(() => null);
    if (!heads) return;
    const items = heads.map((head) => {
      const item = el("li");
      const pick = (): void => {
        this.#showLog();
        void this.#guard(() => this.#chat.open(head.id)).catch(() => undefined);
      };
      const remove = (): void => {
        void this.#guard(() => this.#api.removeConversation(head.id)).then(
          () => {
            item.remove();
            if (this.#chat.conversation === head.id) this.#chat.fresh();
          },
          () => undefined,
        );
      };
      const title = head.title || this.#text.untitled;
      put(
        item,
        el("button", { type: "button", class: "pick", onclick: pick }, el("bdi", {}, title)),
        el("button", { type: "button", class: "bin", "aria-label": `${this.#text.remove}: ${title}`, onclick: remove }, icon("bin")),
      );
      return item;
    });
    put(
      this.#list,
      el("h3", {}, this.#text.history),
      items.length ? el("ul", { class: "list" }, ...items) : el("p", { class: "note" }, this.#text.noHistory),
    );
    this.#log.hidden = true;
    this.#list.hidden = false;
    this.#list.querySelector("button")?.focus();
  }
}
