// The model's file: from this browser's cache, or from the server with progress. Its address holds its hash.

import type { BrowserModel } from "./contract.ts";

const CACHE = "smallwatch-models";

/**
 * Fetches the weights.
 *
 * @throws Error where the server does not give them, or gives others.
 */
export async function weights(server: string, model: BrowserModel, onProgress: (share: number) => void): Promise<Blob> {
  const url = new URL(model.url, server).href;
  // Only pages that came over TLS, or from this machine, have a cache.
  const cache = "caches" in globalThis ? await caches.open(CACHE).catch(() => null) : null;
  const kept = await cache?.match(url);
  if (kept) return kept.blob();
  const response = await fetch(url, { credentials: "omit" });
  if (!response.ok || !response.body) throw new Error(`the server answered ${response.status} when asked for the model`);
  const blob = await read(response.body, model.bytes, onProgress);
  if (blob.size !== model.bytes || (await isOther(blob, model.sha256))) throw new Error("the model's file came damaged");
  if (cache) {
    for (const old of await cache.keys()) await cache.delete(old);
    // A full disk is no reason not to answer.
    await cache.put(url, new Response(blob)).catch(() => undefined);
  }
  return blob;
}

async function read(body: ReadableStream<Uint8Array>, bytes: number, onProgress: (share: number) => void): Promise<Blob> {
  const pieces: BlobPart[] = [];
  let here = 0;
  const reader = body.getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    pieces.push(piece.value as Uint8Array<ArrayBuffer>);
    here += piece.value.length;
    onProgress(Math.min(1, here / bytes));
  }
  return new Blob(pieces);
}

async function isOther(blob: Blob, sha256: string): Promise<boolean> {
  if (!globalThis.crypto?.subtle) return false;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") !== sha256;
}
