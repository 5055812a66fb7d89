// Logging in on another site's page: a window of the server hands over a code that works once.

import type { Api } from "./api.ts";

/** Opens the login window; resolves once logged in, and to false where the window was closed before. */
export function logInByWindow(api: Api): Promise<boolean> {
  const origin = new URL(api.server).origin;
  const popup = window.open(`${api.server}/login?embed=1&origin=${encodeURIComponent(location.origin)}`, "smallwatch-login", "popup,width=480,height=680");
  return new Promise((resolve, reject) => {
    if (!popup) {
      resolve(false);
      return;
    }
    const closed = setInterval(() => popup.closed && finish(false), 500);
    function finish(done: boolean): void {
      clearInterval(closed);
      window.removeEventListener("message", onMessage);
      popup?.close();
      resolve(done);
    }
    function onMessage(event: MessageEvent<{ type?: string; code?: string }>): void {
      if (event.origin !== origin || event.source !== popup || event.data?.type !== "smallwatch-code" || !event.data.code) return;
      api.logInByCode(event.data.code).then(() => finish(true), reject);
    }
    window.addEventListener("message", onMessage);
  });
}
