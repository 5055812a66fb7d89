// <script src="https://server/widget.js" data-server="https://server"></script>: puts the chat on the page.
// Optional: data-lang, data-theme (light, dark). data-server may be left out where the script comes from the server.

import { SmallwatchChat } from "./element.ts";

const script = document.currentScript as HTMLScriptElement | null;

if (!customElements.get("smallwatch-chat")) customElements.define("smallwatch-chat", SmallwatchChat);

function mount(): void {
  if (document.querySelector("smallwatch-chat")) return;
  const node = document.createElement("smallwatch-chat");
  node.setAttribute("server", script?.dataset["server"] ?? (script?.src ? new URL(script.src).origin : location.origin));
  if (script?.dataset["lang"]) node.lang = script.dataset["lang"];
  if (script?.dataset["theme"]) node.setAttribute("data-theme", script.dataset["theme"]);
  document.body.append(node);
}

if (document.body) mount();
else document.addEventListener("DOMContentLoaded", mount);
