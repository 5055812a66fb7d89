// What pages do in the browser: forms that speak JSON, charts, times of the reader's own zone.

import { charts } from "./charts.ts";
import { forms } from "./forms.ts";

forms(document);
charts(document);

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-open-chat]")) {
  button.addEventListener("click", () => {
    const chat = document.querySelector<HTMLElement & { open?: () => Promise<void> }>("smallwatch-chat");
    void chat?.open?.();
  });
}
