/* Rebuild into a temporary folder and compare with the committed files: `npm run check`. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "./build.mjs";

const committed = resolve(dirname(fileURLToPath(import.meta.url)), "../static");
const BUDGET = 100 * 1024; // bytes of JS and CSS, gzipped

function files(folder) {
  return readdirSync(folder, { recursive: true }).filter((name) => statSync(join(folder, name)).isFile());
}

function stale(fresh) {
  return files(fresh).filter((name) => {
    const path = join(committed, name);
    return !existsSync(path) || !readFileSync(path).equals(readFileSync(join(fresh, name)));
  });
}

function weight() {
  return files(committed)
    .filter((name) => /\.(css|js)$/.test(name))
    .reduce((sum, name) => sum + gzipSync(readFileSync(join(committed, name))).length, 0);
}

const fresh = mkdtempSync(join(tmpdir(), "candor-assets-"));
try {
  build(fresh);
  const differing = stale(fresh);
  for (const name of differing) console.error(`static/${name} is not what assets/ builds: run make assets`);
  const bytes = weight();
  if (bytes > BUDGET) console.error(`JS and CSS weigh ${bytes} bytes gzipped, more than ${BUDGET}`);
  console.log(`assets: ${files(fresh).length} files compared, JS and CSS ${(bytes / 1024).toFixed(1)} KB gzipped`);
  process.exitCode = differing.length || bytes > BUDGET ? 1 : 0;
} finally {
  rmSync(fresh, { recursive: true });
}
