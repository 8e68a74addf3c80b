// The CSV file of a report outside of a browser: `node csv.mjs REPORT COLUMNS [SORT [WHERE]]` prints it.

import { readFileSync } from "node:fs";
import { Report } from "../src/source/report.js";

const [path, columns, sort, where] = process.argv.slice(2);
const html = readFileSync(path, "utf8");
const text = html.split('<script type="application/json" id="data">')[1].split("</script>")[0];
const report = new Report(JSON.parse(text), () => text);
try {
  const { blob } = await report.csv({ where: where ?? "", sort: sort || null, columns: columns.split(",") });
  process.stdout.write(Buffer.from(await blob.arrayBuffer()));
} catch (problem) {
  console.error(`${problem.message}; ${problem.help}`);
  process.exitCode = 1;
}
