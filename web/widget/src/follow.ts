// Follows a run to its end over as many connections as it takes; nothing is lost between them.

import { type Api, Refusal } from "./api.ts";
import { FrameParser } from "./sse.ts";
import type { Event } from "./types.ts";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

export interface Follower {
  onEvent(event: Event): void;
  onConnection(up: boolean): void;
}

/**
 * Reads a run's events until `run-ended`, from the first one on.
 *
 * @throws Refusal where the server says that there is no such run.
 */
export async function follow(api: Api, run: string, signal: AbortSignal, follower: Follower): Promise<void> {
  let after = "";
  let pause = FIRST_PAUSE_MS;
  for (;;) {
    try {
      const response = await api.events(run, after, signal);
      follower.onConnection(true);
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      const parser = new FrameParser();
      for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
        for (const frame of parser.push(piece.value)) {
          after = frame.id;
          pause = FIRST_PAUSE_MS;
          const event = JSON.parse(frame.data) as Event;
          follower.onEvent(event);
          if (event.type === "run-ended") {
            await reader?.cancel();
            return;
          }
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      const forGood = error instanceof Refusal && error.status < 500 && error.status !== 429;
      if (forGood) throw error;
    }
    if (signal.aborted) return;
    follower.onConnection(false);
    await wait(pause * (0.75 + Math.random() / 2), signal);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      window.removeEventListener("online", done);
      resolve();
    }
    signal.addEventListener("abort", done);
    window.addEventListener("online", done);
  });
}
