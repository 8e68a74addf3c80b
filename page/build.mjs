// Builds the page into wallow-cli/src/page/built. `--check` compares instead of writing.

import { build } from "esbuild";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "../wallow-cli/src/page/built");
const read = (path) => readFile(join(here, path), "utf8");

/**
 * zrender keeps the widths of texts in an object, by text: a field named `__proto__` would change the prototype of every
 * object of the page.
 */
const withoutPrototype = {
  name: "without-prototype",
  setup(builder) {
    builder.onLoad({ filter: /zrender[\\/]lib[\\/]core[\\/]LRU\.js$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const contents = text.replaceAll("this._map = {}", "this._map = Object.create(null)");
      if (contents === text) throw new Error("zrender has another LRU; see whether it still keeps texts in a plain object");
      return { contents, loader: "js" };
    });
  },
};

async function bundled(entry) {
  const result = await build({
    entryPoints: [join(here, entry)],
    bundle: true, minify: true, write: false, charset: "ascii", format: "iife", target: "es2022", legalComments: "none", plugins: [withoutPrototype],
  });
  return result.outputFiles[0].text;
}

/** Licences of what is in the page, as the licences ask for. */
async function licences() {
  const parts = [
    ["Apache ECharts", ["node_modules/echarts/NOTICE", "node_modules/echarts/LICENSE", "node_modules/echarts/licenses/LICENSE-d3"]],
    ["zrender", ["node_modules/zrender/LICENSE"]],
    ["tslib", ["node_modules/tslib/LICENSE.txt"]],
  ];
  const texts = parts.map(async ([name, paths]) => `${name}\n\n${(await Promise.all(paths.map(read))).join("\n")}`);
  // Two hyphens would end a comment of HTML.
  return (await Promise.all(texts)).join("\n").replaceAll("\r", "").replace(/[ \t]+$/gm, "").replace(/-{2,}/g, (line) => "=".repeat(line.length));
}

const files = {
  "page.js": (await bundled("src/main.js")).replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--"),
  "page.css": await bundled("src/page.css"),
  "page.html": await read("src/page.html"),
  "licences.txt": await licences(),
};
let stale = false;
await mkdir(target, { recursive: true });
for (const [name, text] of Object.entries(files)) {
  const path = join(target, name);
  if (process.argv.includes("--check")) {
    const there = await readFile(path, "utf8").catch(() => "");
    if (there !== text) {
      stale = true;
      console.error(`wallow-cli/src/page/built/${name} is not what page/ builds; run \`npm ci && npm run build\` in page/`);
    }
  } else await writeFile(path, text);
}
const size = Object.values(files).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
console.log(`${size} bytes`);
if (size > 700_000) {
  console.error("the page is larger than 700 kB");
  stale = true;
}
process.exitCode = stale ? 1 : 0;
