// Validates the given state machines with AWS's own language service, the one behind its editors.
import fs from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { getLanguageService } = require("amazon-states-language-service");
const { TextDocument } = require("vscode-languageserver-textdocument");

const service = getLanguageService({});
let problems = 0;
for (const file of process.argv.slice(2)) {
  const document = TextDocument.create(`file:///${file}`, "asl", 1, fs.readFileSync(file, "utf8"));
  for (const { message, range } of await service.doValidation(document, service.parseJSONDocument(document))) {
    console.error(`${file}:${range.start.line + 1}: ${message}`);
    problems += 1;
  }
}
console.log(`amazon-states-language-service: ${problems} problems`);
process.exit(problems ? 1 : 0);
