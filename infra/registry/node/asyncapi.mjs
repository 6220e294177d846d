// Parses AsyncAPI documents by the official parser, and writes what it finds wrong, by file.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const ERROR = 0;
const [, , installed, ...files] = process.argv;
const { Parser } = createRequire(installed + "/")("@asyncapi/parser");

const wrong = {};
for (const file of files) {
  const { diagnostics } = await new Parser().parse(readFileSync(file, "utf8"));
  const errors = diagnostics.filter((found) => found.severity === ERROR);
  if (errors.length) wrong[file] = errors.map(({ path, message }) => `${path.join("/")}: ${message}`);
}
process.stdout.write(JSON.stringify(wrong));
