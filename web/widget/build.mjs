// Bundles what browsers run into the files that ship, in ../static. `--check` compares instead of writing.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const place = (path) => fileURLToPath(new URL(path, import.meta.url));
const checking = process.argv.includes("--check");
const version = (bytes) => JSON.stringify(createHash("sha256").update(bytes).digest("hex").slice(0, 12));

/** Bytes, gzipped, that each file may have; `known` is what it is told of the files made before it. */
const FILES = [
  { entry: "src/local/main.ts", out: "local.js", most: 84_000, css: "text", format: "esm" },
  { entry: "src/main.ts", out: "widget.js", most: 60_000, css: "text", format: "iife" },
  { entry: "../pages/src/site.ts", out: "site.js", most: 40_000, css: "text", format: "iife" },
  { entry: "../pages/src/site.css", out: "site.css", most: 10_000, css: "css", format: "iife" },
];

/** Whose work the files hold, besides ours; the package's licence stands in the file named. */
const NOTICES = [
  ["DOMPurify, in widget.js", "dompurify/LICENSE"],
  ["marked, in widget.js", "marked/LICENSE"],
  ["uPlot, in site.js and site.css", "uplot/LICENSE"],
  ["wllama, in local.js and wllama.wasm, with llama.cpp and ggml, Copyright (c) 2023-2025 The ggml authors, under the same licence", "@wllama/wllama/LICENCE"],
];

function ship(out, bytes, most) {
  const packed = gzipSync(bytes, { level: 9 }).length;
  console.log(`${out}: ${bytes.length} bytes, ${packed} gzipped (at most ${most})`);
  if (packed > most) throw new Error(`${out} is too large.`);
  const target = place(`../static/${out}`);
  if (!checking) writeFileSync(target, bytes);
  else if (!readFileSync(target).equals(bytes)) throw new Error(`web/static/${out} is not what its source builds: run make widget.`);
}

const wasm = readFileSync(place("node_modules/@wllama/wllama/esm/single-thread/wllama.wasm"));
ship("wllama.wasm", wasm, 700_000);
const known = { WASM_VERSION: version(wasm), LOCAL_VERSION: '""' };

for (const { entry, out, most, css, format } of FILES) {
  const result = await build({
    entryPoints: [place(entry)],
    bundle: true,
    minify: true,
    format,
    target: ["es2022", "chrome110", "firefox115", "safari16"],
    loader: { ".css": css },
    define: known,
    legalComments: "inline",
    charset: "utf8",
    nodePaths: [place("node_modules")],
    write: false,
  });
  const code = Buffer.from(result.outputFiles[0].contents);
  ship(out, code, most);
  if (out === "local.js") known.LOCAL_VERSION = version(code);
}

const notices = NOTICES.map(([whose, file]) => `${whose}:\n\n${readFileSync(place(`node_modules/${file}`), "utf8").trim()}\n`);
ship("notices.txt", Buffer.from(notices.join(`\n${"-".repeat(80)}\n\n`)), 20_000);
