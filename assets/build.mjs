/* Build ../static from the npm packages and css/: `node build.mjs [output folder]`. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const templates = resolve(here, "../templates");
const modules = join(here, "node_modules");

/* Basecoat ships one style file for all its components: take the sections of those we use. */
const SECTIONS = ["Button", "Textarea", "Input", "Native Select", "Alert", "Badge", "Checkbox", "Radio", "Table"];

/* Our field borders are dark enough to be seen (3:1), so a fill made from them would be too loud on dark pages. */
const DARK_FILL = /dark:(hover:)?(bg-input\/\d+|border-input) ?/g;

function writeBasecoatStyle() {
  const lines = readFileSync(join(modules, "basecoat-css/dist/styles/nova.css"), "utf8").split("\n");
  const kept = ["/* Made by build.mjs from basecoat-css/dist/styles/nova.css. */", "@layer components {"];
  const found = new Set();
  let keep = false;
  for (const line of lines) {
    const heading = line.match(/^\s*\/\* ([A-Z][A-Za-z ]+) \*\/$/);
    if (heading) {
      keep = SECTIONS.includes(heading[1]);
      if (keep) found.add(heading[1]);
    }
    if (keep) kept.push(line.replaceAll(DARK_FILL, ""));
  }
  const missing = SECTIONS.filter((name) => !found.has(name));
  if (missing.length) throw new Error(`Basecoat has no section ${missing.join(", ")}`);
  writeFileSync(join(here, "css/basecoat-style.css"), kept.join("\n") + "\n}\n");
}

function buildCss(out) {
  writeBasecoatStyle();
  mkdirSync(join(out, "css"), { recursive: true });
  const cli = join(modules, "@tailwindcss/cli/dist/index.mjs");
  execFileSync(process.execPath, [cli, "-i", "css/candor.css", "-o", join(out, "css/candor.css"), "--minify"], {
    cwd: here,
    stdio: ["ignore", "ignore", "inherit"],
  });
  cpSync(join(modules, "tailwindcss/LICENSE"), join(out, "css/LICENSE-tailwindcss.txt"));
  cpSync(join(modules, "basecoat-css/LICENSE.md"), join(out, "css/LICENSE-basecoat.txt"));
}

function copyFonts(out) {
  const source = join(modules, "@fontsource-variable/inter");
  for (const subset of ["latin", "latin-ext"]) {
    cpSync(join(source, `files/inter-${subset}-wght-normal.woff2`), join(out, `fonts/inter-${subset}.woff2`));
  }
  cpSync(join(source, "LICENSE"), join(out, "fonts/LICENSE-inter.txt"));
}

function htmlFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(".html"))
    .map((name) => join(folder, name));
}

/* Every icon a template names: <c-icon name="x"> or icon="x" on another component. */
function usedIcons() {
  const names = new Set();
  for (const file of htmlFiles(templates)) {
    const text = readFileSync(file, "utf8");
    for (const [, name] of text.matchAll(/(?:<c-icon\s+name|\sicon)="([a-z0-9-]+)"/g)) names.add(name);
  }
  return [...names].sort();
}

function symbol(name) {
  const svg = readFileSync(join(modules, `lucide-static/icons/${name}.svg`), "utf8");
  const body = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
  const attributes = 'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"';
  return `<symbol id="${name}" ${attributes}>${body.replace(/\s*\n\s*/g, "")}</symbol>`;
}

function buildSprite(out) {
  mkdirSync(join(out, "icons"), { recursive: true });
  const sprite = `<svg xmlns="http://www.w3.org/2000/svg">\n${usedIcons().map(symbol).join("\n")}\n</svg>\n`;
  writeFileSync(join(out, "icons/lucide.svg"), sprite);
  cpSync(join(modules, "lucide-static/LICENSE"), join(out, "icons/LICENSE-lucide.txt"));
}

export function build(out) {
  buildCss(out);
  copyFonts(out);
  buildSprite(out);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) build(resolve(process.argv[2] ?? join(here, "../static")));
