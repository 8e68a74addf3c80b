// A tree over a run, with the logic of SQL: `true`, `false`, or `null` for unknown.

/** A predicate of rows: `value(column, row)` returns a cell, `null` if it is absent. */
export function predicate(node, value) {
  const test = (node, row) => {
    switch (node.op) {
      case "constant": return node.value;
      case "and": return every(node.nodes, (node) => test(node, row));
      case "or": return some(node.nodes, (node) => test(node, row));
      case "not": return not(test(node.node, row));
      default: return condition(node, row, value);
    }
  };
  return (row) => test(node, row) === true;
}

function not(result) {
  return result === null ? null : !result;
}

function every(nodes, test) {
  let outcome = true;
  for (const node of nodes) {
    const result = test(node);
    if (result === false) return false;
    if (result === null) outcome = null;
  }
  return outcome;
}

function some(nodes, test) {
  let outcome = false;
  for (const node of nodes) {
    const result = test(node);
    if (result === true) return true;
    if (result === null) outcome = null;
  }
  return outcome;
}

function condition(node, row, value) {
  const { column, steps } = node.operand;
  const cell = steps ? part(value(column, row), steps) : value(column, row);
  if (node.op === "null") return (cell === null) !== node.negated;
  if (node.op === "in") return isIn(node, cell, steps);
  if (cell === null) return null;
  // A part of JSON is compared only with literals of its own kind.
  const comparable = (literal) => !steps || kind(cell) === kind(literal);
  if (node.op === "between") {
    if (!comparable(node.low) || !comparable(node.high)) return null;
    return order(cell, node.low) >= 0 && order(cell, node.high) <= 0;
  }
  if (!comparable(node.value)) return null;
  switch (node.op) {
    case "eq": return order(cell, node.value) === 0;
    case "ne": return order(cell, node.value) !== 0;
    case "lt": return order(cell, node.value) < 0;
    case "le": return order(cell, node.value) <= 0;
    case "gt": return order(cell, node.value) > 0;
    case "ge": return order(cell, node.value) >= 0;
    case "contains": return cell.includes(node.value);
    case "starts with": return cell.startsWith(node.value);
    default: return cell.endsWith(node.value);
  }
}

function isIn(node, cell, steps) {
  if (!node.values.length) return node.negated;
  if (cell === null) return null;
  const values = steps ? node.values.filter((value) => kind(value) === kind(cell)) : node.values;
  if (!values.length) return null;
  return values.some((value) => order(cell, value) === 0) !== node.negated;
}

/** A part of a JSON value; `null` if there is none. */
function part(json, steps) {
  let here = json;
  for (const step of steps) {
    const isArray = Array.isArray(here);
    if (here === null || typeof here !== "object" || isArray !== (typeof step === "number")) return null;
    if (!Object.hasOwn(here, step)) return null;
    here = here[step];
  }
  return here ?? null;
}

function kind(value) {
  return typeof value === "bigint" ? "number" : typeof value;
}

/** Text is ordered by code points, everything else as JavaScript does it. NaN, which PostgreSQL stores, is the largest. */
export function order(one, other) {
  if (typeof one === "string" && typeof other === "string") return textOrder(one, other);
  if (Number.isNaN(one)) return Number.isNaN(other) ? 0 : 1;
  if (Number.isNaN(other)) return -1;
  return one < other ? -1 : one > other ? 1 : 0;
}

function textOrder(one, other) {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at += 1) {
    const [a, b] = [one.charCodeAt(at), other.charCodeAt(at)];
    if (a !== b) {
      // A surrogate stands for a code point above all others of one unit.
      const isHigh = (unit) => unit >= 0xd800 && unit <= 0xdfff;
      if (isHigh(a) !== isHigh(b)) return isHigh(a) ? 1 : -1;
      return a - b;
    }
  }
  return one.length - other.length;
}
