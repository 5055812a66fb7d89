"use strict";
// The list of cases. All that a model wrote reaches the page as text, by textContent, never as markup.
(() => {
  const index = JSON.parse(document.getElementById("index").textContent);
  const CORRECT = index.labels.indexOf("correct");
  const INFRA = index.labels.indexOf("infra_error");
  const PAGE = 100;
  const list = document.getElementById("list");
  const more = document.getElementById("more");
  const count = document.getElementById("count");
  const form = document.getElementById("filters");
  const pieces = new Map();
  let found = [];
  let shown = 0;

  // Control and format characters would reorder or hide text; they are shown as escapes.
  const visible = (text) =>
    text.replace(/[^\P{C}\n\t]/gu, (char) => "\\u{" + char.codePointAt(0).toString(16) + "}");

  function make(name, text, className) {
    const node = document.createElement(name);
    if (text !== undefined) node.textContent = visible(String(text));
    if (className) node.className = className;
    return node;
  }

  function piece(number) {
    if (!pieces.has(number)) {
      pieces.set(number, JSON.parse(document.getElementById("piece-" + number).textContent));
    }
    return pieces.get(number);
  }

  function select(name, title, options) {
    const label = make("label", title);
    const field = document.createElement("select");
    field.name = name;
    for (const [value, text] of options) {
      const option = make("option", text);
      option.value = value;
      field.append(option);
    }
    label.append(field);
    form.append(label);
  }

  function numbered(names) {
    return [["", "all"], ...names.map((name, number) => [String(number), name])];
  }

  function buildFilters() {
    const several = index.runs.length > 1;
    const kinds = [["failures", "failures"], ["all", "all"], ["infra", "infrastructure errors"]];
    if (several) kinds.unshift(["flips", "flips"], ["regressed", "regressed"], ["improved", "improved"]);
    select("kind", "show", kinds);
    if (several) select("run", "run", numbered(index.runs).filter(([value]) => value !== "0"));
    select("label", "label", numbered(index.labels));
    select("category", "category", numbered(index.categories));
    select("tool", "tool", numbered(index.tools));
    const label = make("label", "text");
    const field = document.createElement("input");
    field.type = "search";
    field.name = "text";
    label.append(field);
    form.append(label);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", refresh);
  }

  const both = (a, b) => a >= 0 && b >= 0 && a !== INFRA && b !== INFRA;
  const KINDS = {
    all: () => true,
    failures: (labels) => labels.some((label) => label >= 0 && label !== CORRECT && label !== INFRA),
    infra: (labels) => labels.includes(INFRA),
    flips: (labels, base) =>
      labels.some((label) => both(base, label) && (base === CORRECT) !== (label === CORRECT)),
    regressed: (labels, base) =>
      base === CORRECT && labels.some((label) => both(base, label) && label !== CORRECT),
    improved: (labels, base) =>
      base !== CORRECT && labels.some((label) => both(base, label) && label === CORRECT),
  };

  function refresh() {
    const chosen = Object.fromEntries(new FormData(form));
    const words = (chosen.text || "").toLowerCase();
    found = [];
    index.cases.forEach(([id, , category, tools, all, asked], number) => {
      const labels = chosen.run ? [all[Number(chosen.run)]] : all;
      if (!KINDS[chosen.kind](labels, all[0])) return;
      if (chosen.label && !labels.includes(Number(chosen.label))) return;
      if (chosen.category && category !== Number(chosen.category)) return;
      if (chosen.tool && !tools.includes(Number(chosen.tool))) return;
      if (words && !(id + " " + asked).toLowerCase().includes(words)) return;
      found.push(number);
    });
    shown = 0;
    list.replaceChildren();
    grow();
  }

  function grow() {
    const next = found.slice(shown, shown + PAGE);
    list.append(...next.map(line));
    shown += next.length;
    more.hidden = shown >= found.length;
    count.textContent = `${found.length} of ${index.cases.length} replies, ${shown} of them listed`;
  }

  function line(number) {
    const [id, repeat, category, , labels, asked] = index.cases[number];
    const details = document.createElement("details");
    const summary = document.createElement("summary");
    summary.append(make("span", repeat ? `${id} · repeat ${repeat}` : id));
    summary.append(make("span", asked || index.categories[category], "faint"));
    const outcome = document.createElement("span");
    labels.forEach((label, place) => {
      if (place) outcome.append(" → ");
      const name = label < 0 ? "not asked" : index.labels[label];
      outcome.append(make("span", name, label === CORRECT ? "right" : label < 0 || label === INFRA ? "faint" : "wrong"));
    });
    summary.append(outcome);
    details.append(summary);
    details.addEventListener("toggle", () => {
      if (details.open && details.children.length === 1) details.append(body(number));
    });
    return details;
  }

  function block(parent, title, text) {
    parent.append(make("h4", title), make("pre", text));
  }

  function body(number) {
    const { questions, rows } = piece(Math.floor(number / index.piece));
    const id = index.cases[number][0];
    const node = make("div", undefined, "body");
    question(node, Object.hasOwn(questions, id) ? questions[id] : null);
    rows[number % index.piece].forEach((row, place) => {
      const label = index.cases[number][4][place];
      const heading = `${index.runs[place]}: ${label < 0 ? "not asked" : index.labels[label]}`;
      node.append(make("h3", heading));
      if (row) reply(node, row);
    });
    return node;
  }

  function question(node, asked) {
    if (!asked) {
      node.append(make("p", index.note, "note"));
      return;
    }
    const lines = asked.messages.flatMap((message) => [
      ...(message.content ? [`${message.role}: ${message.content}`] : []),
      ...message.calls.map((call) => `${message.role} calls ${call}`),
    ]);
    block(node, `Prompt (now ${asked.now}; ${asked.tools} tools on offer)`, lines.join("\n"));
    const expected = asked.expected.map((calls) => calls.join("\n") || "no call").join("\nor\n");
    block(node, asked.ordered ? "Expected, in this order" : "Expected", expected);
  }

  function reply(node, row) {
    node.append(make("p", row.reason));
    const calls = row.calls.map((call) => `${call.name} ${JSON.stringify(call.arguments)}`);
    block(node, "Parsed calls", calls.join("\n") || "no call");
    block(node, "Raw output", row.raw || "nothing");
    if (row.repairs.length) block(node, "Tolerances", row.repairs.join("\n"));
    const [prompt, completion] = row.tokens;
    const facts = [`${prompt} tokens in, ${completion} out`, `${row.seconds} s`, `attempts: ${row.attempts}`];
    if (row.cached) facts.push("kept from an earlier run");
    if (row.finish) facts.push(`ended: ${row.finish}`);
    node.append(make("p", facts.join(" · "), "note"));
    block(node, "Reproduce", row.reproduce);
  }

  more.addEventListener("click", grow);
  if ("IntersectionObserver" in window) {
    new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting) && !more.hidden) grow();
    }).observe(more);
  }
  buildFilters();
  refresh();
})();
