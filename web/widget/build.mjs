// Bundles what browsers run into the files that ship, in ../static. `--check` compares instead of writing.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const place = (path) => fileURLToPath(new URL(path, import.meta.url));
const checking = process.argv.includes("--check");

/** Bytes, gzipped, that each file may have. */
const FILES = [
  { entry: "src/main.ts", out: "widget.js", most: 60_000, css: "text" },
  { entry: "../pages/src/site.ts", out: "site.js", most: 40_000, css: "text" },
  { entry: "../pages/src/site.css", out: "site.css", most: 10_000, css: "css" },
];

for (const { entry, out, most, css } of FILES) {
  const result = await build({
    entryPoints: [place(entry)],
    bundle: true,
    minify: true,
    format: "iife",
    target: ["es2022", "chrome110", "firefox115", "safari16"],
    loader: { ".css": css },
    legalComments: "inline",
    charset: "utf8",
    nodePaths: [place("node_modules")],
    write: false,
  });
  const code = Buffer.from(result.outputFiles[0].contents);
  const packed = gzipSync(code, { level: 9 }).length;
  console.log(`${out}: ${code.length} bytes, ${packed} gzipped (at most ${most})`);
  if (packed > most) throw new Error(`${out} is too large.`);
  const target = place(`../static/${out}`);
  if (!checking) writeFileSync(target, code);
  else if (!readFileSync(target).equals(code)) throw new Error(`web/static/${out} is not what its source builds: run make widget.`);
}
