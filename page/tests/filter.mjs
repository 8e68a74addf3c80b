// The filter of a report outside of a browser: `node filter.mjs REPORT < expressions.json` prints, for each expression,
// the ids of its runs or what is wrong with it.

import { readFileSync } from "node:fs";
import { Report } from "../src/source/report.js";

const html = readFileSync(process.argv[2], "utf8");
const text = html.split('<script type="application/json" id="data">')[1].split("</script>")[0];
const report = new Report(JSON.parse(text), () => text);
const ids = report.cells.get("id");
const answers = JSON.parse(readFileSync(0, "utf8")).map((expression) => {
  try {
    return { ids: report.rows(expression).map((row) => Number(ids[row])) };
  } catch (problem) {
    const column = [...expression.slice(0, problem.start)].length + 1;
    return { message: problem.message, help: problem.help, column };
  }
});
console.log(JSON.stringify(answers));
