// Bundles the widget into one file that ships: ../static/widget.js. `--check` compares instead of writing.
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const OUT = new URL("../static/widget.js", import.meta.url);
const LIMIT = 60_000;

const result = await build({
  entryPoints: [new URL("src/main.ts", import.meta.url).pathname],
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2022", "chrome110", "firefox115", "safari16"],
  loader: { ".css": "text" },
  legalComments: "inline",
  charset: "utf8",
  write: false,
});
const code = Buffer.from(result.outputFiles[0].contents);
const packed = gzipSync(code, { level: 9 }).length;
console.log(`widget.js: ${code.length} bytes, ${packed} gzipped (at most ${LIMIT})`);
if (packed > LIMIT) {
  console.error("The widget is too large.");
  process.exit(1);
}
if (process.argv.includes("--check")) {
  if (!readFileSync(OUT).equals(code)) {
    console.error("web/static/widget.js is not what src/ builds: run `make widget`.");
    process.exit(1);
  }
} else {
  writeFileSync(OUT, code);
}
