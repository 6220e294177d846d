// Reads a JSON Schema, and writes TypeScript's types of all its definitions.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const [, , installed] = process.argv;
const { compile } = createRequire(installed + "/")("json-schema-to-typescript");

const schema = JSON.parse(await text(process.stdin)); // readFileSync(0) fails while a pipe is empty
const types = await compile(schema, "Root", {
  additionalProperties: false, // who reads knows no other fields
  bannerComment: "",
  unreachableDefinitions: true,
});
const NOISE = [
  /^export interface Root \{[^}]*\}\n/m, // the schema itself
  / \*\n \* This interface was referenced by [^]*?\n \* via the `definition` ".*"\.\n/g,
  /\/\*\*\n \* This interface was referenced by [^]*?\n \* via the `definition` ".*"\.\n \*\/\n/g,
];
process.stdout.write(NOISE.reduce((text, noise) => text.replace(noise, ""), types));
