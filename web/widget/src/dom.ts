// Small helpers that make elements; text always goes in as text.

type Child = Node | string | null | false | undefined;
type Attributes = Record<string, string | boolean | ((event: never) => void) | undefined>;

/** Makes an element: attributes by name, listeners by `onclick` and the like. */
export function el<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value as EventListener);
    else node.setAttribute(name, value === true ? "" : value);
  }
  put(node, ...children);
  return node;
}

/** Replaces what a node holds. */
export function put(node: Element | DocumentFragment, ...children: Child[]): void {
  node.replaceChildren(...children.filter((child): child is Node | string => !!child || child === ""));
}

const PATHS = {
  chat: "M4 5h16v11H9l-4 4v-4H4z",
  close: "M6 6l12 12M18 6L6 18",
  send: "M4 12h15M13 6l6 6-6 6",
  stop: "M7 7h10v10H7z",
  plus: "M12 5v14M5 12h14",
  clock: "M12 7v5l4 2M12 3a9 9 0 1 0 .01 0",
  bin: "M5 7h14M10 4h4M7 7l1 13h8l1-13M10 11v6M14 11v6",
  down: "M6 10l6 6 6-6",
  swap: "M5 8h13l-3-3M19 16H6l3 3",
  person: "M12 4a4 4 0 1 0 .01 0M4 20c1-5 4-6 8-6s7 1 8 6",
} as const;

/** An icon of the stroke set; it says nothing to a screen reader. */
export function icon(name: keyof typeof PATHS): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
