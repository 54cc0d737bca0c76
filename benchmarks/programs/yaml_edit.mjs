// Edits scalars with the `yaml` package's Document API: parse, set the value, write again.
//
// Arguments: the node_modules directory that holds the package, and the directory with job.json.
// The answer is that of every editing program of the benchmarks (see benchmarks/editing.py).
import { readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, directory] = process.argv.slice(2);
const { isScalar, parseAllDocuments } = createRequire(join(modules, "/"))("yaml");

function edited(target) {
  const documents = parseAllDocuments(target.text);
  if (!Array.isArray(documents)) throw new Error("no document");
  for (const document of documents) {
    if (document.errors.length > 0) throw document.errors[0];
  }
  const document = documents[target.document];
  if (document === undefined) throw new Error("no such document");
  for (const { address, new: text } of target.edits) {
    const node = document.getIn(address, true);
    if (!isScalar(node)) throw new Error("no scalar");
    node.value = text;
  }
  return documents.map((each) => each.toString({ lineWidth: 0 })).join("");
}

const job = JSON.parse(readFileSync(join(directory, "job.json"), "utf8"));
for (const target of job.targets) {
  target.text = readFileSync(join(directory, target.file), "utf8");
}
const seconds = [];
let results = [];
for (let round = 0; round < job.rounds; round++) {
  results = [];
  const began = process.cpuUsage();
  for (const target of job.targets) {
    try {
      results.push({ text: edited(target) });
    } catch (error) {
      results.push({ refused: String(error.message) });
    }
  }
  const used = process.cpuUsage(began);
  seconds.push((used.user + used.system) / 1e6);
}
const said = results.map((each) =>
  each.text === undefined ? each : { text: Buffer.from(each.text).toString("base64") },
);
const answer = Buffer.from(JSON.stringify({ seconds, results: said }));
for (let done = 0; done < answer.length; ) done += writeSync(1, answer, done);
