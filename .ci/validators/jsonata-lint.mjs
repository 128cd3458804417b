// Parses every expression of the given state machines with JSONata 2.0.6, the version that Step Functions documents.
// Newer engines accept `??` and `?:`, which AWS rejects.
import fs from "node:fs";
import jsonata from "jsonata";

let problems = 0;
const report = (file, path, message) => {
  console.error(`${file} ${path}: ${message}`);
  problems += 1;
};

function* strings(value, path) {
  if (typeof value === "string") yield [path, value];
  else if (value && typeof value === "object")
    for (const [key, inner] of Object.entries(value)) yield* strings(inner, `${path}.${key}`);
}

let expressions = 0;
for (const file of process.argv.slice(2)) {
  for (const [path, text] of strings(JSON.parse(fs.readFileSync(file, "utf8")), "$")) {
    if (!text.includes("{%")) continue;
    const whole = /^\{%([\s\S]*)%\}$/.exec(text);
    if (!whole) {
      report(file, path, "{% … %} must span the whole string");
      continue;
    }
    expressions += 1;
    try {
      jsonata(whole[1]);
    } catch (error) {
      report(file, path, error.message);
    }
    if (/\$eval\b/.test(whole[1])) report(file, path, "$eval is not available in Step Functions");
  }
}
console.log(`jsonata 2.0.6: ${expressions} expressions, ${problems} problems`);
process.exit(problems ? 1 : 0);
