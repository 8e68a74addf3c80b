// Tokens into a tree, against the columns of a schema. The grammar and the messages are those of the command:
//
//   or      = and { "or" and }
//   and     = not { "and" not }
//   not     = "not" not | "(" or ")" | "true" | "false" | operand test
//   operand = column { "." key | "[" number "]" }

import { Problem, WORDS, describe, tokens } from "./tokens.js";
import { canonical, instant } from "./values.js";
import { nearest } from "./near.js";

const DEEPEST = 100;
const OPERATORS =
  "write an operator: == != < <= > >= in, not in, between, is null, contains, starts with, ends with";
const COMPARISONS = { "==": "eq", "=": "eq", "!=": "ne", "<>": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge" };

/** Reads an expression; throws a `Problem`. `schema` has `columns` and `precision`. */
export function parse(text, schema) {
  const parser = new Parser(text, schema);
  try {
    const node = parser.either();
    if (parser.peek()) {
      parser.fail(`${describe(parser.peek(), text)} after a complete condition`, "join conditions with `and` or `or`");
    }
    return node;
  } catch (problem) {
    if (problem instanceof Problem) advise(problem, text, parser);
    throw problem;
  }
}

/** Adds how a field with the name of a keyword is written, if that stands where a field does, at the problem or before it. */
function advise(problem, text, { tokens, columns }) {
  const beginsOperand = (index) => {
    const before = tokens[index - 1];
    if (!before) return true;
    return before.kind === "word" ? ["and", "or", "not"].includes(before.value) : before.kind === "symbol" && before.value === "(";
  };
  const near = tokens.findLast((token, index) => {
    const word = text.slice(token.start, token.end);
    const isNear = token.start === problem.start || (token.end <= problem.start && text.slice(token.end, problem.start).trim() === "");
    const isWord = token.kind === "word" || token.kind === "float";
    return beginsOperand(index) && isWord && isNear && WORDS.has(word) && columns.some((column) => column.name === word);
  });
  if (!near) return;
  const word = text.slice(near.start, near.end);
  problem.help = `\`${word}\` is a word of this language, too; the field is written in backquotes: \`\` \`${word}\` \`\` (in a shell, `
    + "with single quotes around the whole expression)";
}

class Parser {
  constructor(text, schema) {
    this.tokens = tokens(text);
    this.next = 0;
    this.text = text;
    this.depth = 0;
    this.schema = schema;
    this.columns = schema.columns;
  }

  peek() {
    return this.tokens[this.next];
  }

  here() {
    const token = this.peek();
    return token ? [token.start, token.end] : [this.text.length, this.text.length];
  }

  fail(message, help) {
    throw new Problem(...this.here(), message, help);
  }

  expected(what, help) {
    this.fail(`expected ${what}, found ${describe(this.peek(), this.text)}`, help);
  }

  eat(kind, value) {
    const token = this.peek();
    const found = token?.kind === kind && token.value === value;
    if (found) this.next += 1;
    return found;
  }

  word(value) {
    return this.eat("word", value);
  }

  symbol(value) {
    return this.eat("symbol", value);
  }

  descend() {
    this.depth += 1;
    if (this.depth > DEEPEST + 1) this.fail("too deeply nested", "join conditions of one kind side by side, or compare with a list");
  }

  either() {
    this.descend();
    const nodes = [this.both()];
    while (this.word("or")) nodes.push(this.both());
    this.depth -= 1;
    return nodes.length === 1 ? nodes[0] : { op: "or", nodes };
  }

  both() {
    const nodes = [this.negation()];
    while (this.word("and")) nodes.push(this.negation());
    return nodes.length === 1 ? nodes[0] : { op: "and", nodes };
  }

  negation() {
    let negated = false;
    while (this.word("not")) negated = !negated;
    const node = this.condition();
    return negated ? { op: "not", node } : node;
  }

  condition() {
    if (this.symbol("(")) {
      const node = this.either();
      if (!this.symbol(")")) this.expected("`)`", "close the parenthesis");
      return node;
    }
    if (this.word("true")) return { op: "constant", value: true };
    if (this.word("false")) return { op: "constant", value: false };
    const [start] = this.here();
    const node = this.test(this.operand());
    if (node.invalid) {
      throw new Problem(start, this.tokens[this.next - 1].end, node.invalid, "");
    }
    return node;
  }

  operand() {
    const token = this.peek();
    const isName = token?.kind === "name" || (token?.kind === "word" && !WORDS.has(token.value));
    const known = () => this.columns.map((column) => column.name).join(", ");
    if (!isName) this.expected("the name of a field", `fields: ${known()}`);
    const name = token.value.normalize("NFC");
    const column = this.columns.find((column) => column.name === name);
    if (!column) {
      const near = nearest(name, this.columns.map((column) => column.name));
      this.fail(`unknown field \`${token.value}\``, near ? `did you mean \`${near}\`?` : `the schema has: ${known()}`);
    }
    const place = this.here();
    this.next += 1;
    const steps = [];
    for (;;) {
      if (this.symbol(".")) steps.push(this.key());
      else if (this.symbol("[")) steps.push(this.index());
      else break;
    }
    if (steps.length && column.type !== "json") {
      throw new Problem(
        ...place,
        `\`${name}\` is of type ${column.type}, which has no parts`,
        "only a json field has parts such as `curve.a[0]`",
      );
    }
    if (steps.length && column.partial) {
      throw new Problem(
        ...place,
        `this report holds \`${name}\` as curves with at most 1,000 points, so their parts cannot be compared`,
        "write the report with `wallow report --where …`, or look with `wallow ui`",
      );
    }
    return { column, steps: steps.length ? steps : null };
  }

  key() {
    const token = this.peek();
    if (!token || token.kind === "symbol" || token.kind === "float") {
      this.expected("a key", "write `curve.key` or `curve.\"a key\"`");
    }
    this.next += 1;
    return String(token.value);
  }

  index() {
    const help = "an element is written `curve[0]`";
    const token = this.peek();
    if (token?.kind !== "int") this.expected("a number", help);
    if (token.value < 0 || token.value > 0xffffffff) this.expected("an index from 0", help);
    this.next += 1;
    if (!this.symbol("]")) this.expected("`]`", help);
    return token.value;
  }

  test(operand) {
    const token = this.peek();
    const comparison = token?.kind === "symbol" ? COMPARISONS[token.value] : undefined;
    if (comparison) {
      this.next += 1;
      return checked({ op: comparison, operand }, [this.literal(operand)], ([value]) => ({ value }));
    }
    if (this.word("is")) {
      const negated = this.word("not");
      if (!this.word("null")) this.expected("`null`", "write `is null` or `is not null`; for values `==`");
      return { op: "null", operand, negated };
    }
    if (this.word("between")) {
      const low = this.anyLiteral(operand);
      if (!this.word("and")) this.expected("`and`", "write `between 1 and 3`");
      const high = this.anyLiteral(operand);
      return checked({ op: "between", operand }, [low, high], ([low, high]) => ({ low, high }));
    }
    const negated = this.word("not");
    if (this.word("in")) {
      return checked({ op: "in", operand, negated }, this.list(operand), (values) => ({ values }));
    }
    if (negated) this.expected("`in`", "write `not in [1, 2]`, or `not (…)` around a condition");
    return this.matchText(operand);
  }

  matchText(operand) {
    const place = this.here();
    let op;
    if (this.word("contains")) op = "contains";
    else if (this.word("starts")) op = this.with("starts with");
    else if (this.word("ends")) op = this.with("ends with");
    else this.expected("an operator", OPERATORS);
    const { column, steps } = operand;
    if (steps || (column.type !== "string" && column.type !== "path")) {
      throw new Problem(
        ...place,
        `\`${column.name}\` is of type ${column.type}, and this operator is for text`,
        "string and path fields have `contains`, `starts with`, `ends with`",
      );
    }
    const token = this.peek();
    if (token?.kind !== "text") this.expected("a text", "put it in quotes: `contains \"adam\"`");
    this.next += 1;
    return { op, operand, value: token.value };
  }

  with(operator) {
    if (!this.word("with")) this.expected("`with`", `the operator is \`${operator}\``);
    return operator;
  }

  list(operand) {
    const help = "a list is written `[1, 2, 3]`";
    if (!this.symbol("[")) this.expected("`[`", help);
    const values = [];
    while (!this.symbol("]")) {
      if (values.length && !this.symbol(",")) this.expected("`,` or `]`", help);
      if (values.length && this.symbol("]")) break;
      values.push(this.literal(operand));
    }
    return values;
  }

  /** A literal that can be equal to the operand: of a closed set, one of its values. */
  literal(operand) {
    const [start, end] = this.here();
    const value = this.anyLiteral(operand);
    const { name, values } = operand.column;
    if (!operand.steps && typeof value === "string" && values?.length && !values.includes(value)) {
      const near = nearest(value, values);
      const known = near
        ? `did you mean \`${near}\`?`
        : `the schema has ${values.map((one) => `\`${one}\``).join(", ")}`;
      throw new Problem(
        start, end,
        `\`${name}\`: \`${value}\` is none of its values`,
        `${known} (to find runs that were written with it: \`${name} between "${value}" and "${value}"\`)`,
      );
    }
    return value;
  }

  anyLiteral(operand) {
    const token = this.peek();
    if (!token) this.expected("a value", help(operand));
    const value = operand.steps ? jsonLiteral(token) : columnLiteral(operand.column, token, this.schema.precision);
    if (value === undefined) this.expected(`a value for ${typed(operand)}`, help(operand));
    this.next += 1;
    return value;
  }
}

/** NaN compares with nothing, so a comparison with it is an error. */
function checked(node, literals, fields) {
  const { column } = node.operand;
  if (literals.some((value) => Number.isNaN(value))) {
    return { invalid: `\`${column.name}\` is compared with NaN, which compares with nothing` };
  }
  return { ...node, ...fields(literals) };
}

function boolean(token) {
  if (token.kind !== "word") return undefined;
  return token.value === "true" ? true : token.value === "false" ? false : undefined;
}

function jsonLiteral(token) {
  if (token.kind === "int" || token.kind === "float" || token.kind === "text") return token.value;
  return boolean(token);
}

function columnLiteral(column, token, precision) {
  switch (column.type) {
    case "int": return token.kind === "int" ? token.value : undefined;
    case "float": {
      const isNaN = token.kind === "word" && token.value === "nan";
      if (!isNaN && token.kind !== "int" && token.kind !== "float") return undefined;
      const value = isNaN ? NaN : Number(token.value);
      return column.role === "identifying" && !isNaN ? canonical(value, precision) : value;
    }
    case "bool": return boolean(token);
    case "string":
    case "path": return token.kind === "text" ? token.value : undefined;
    case "datetime": return token.kind === "text" ? instant(token.value) : undefined;
    default: return undefined;
  }
}

function typed({ column, steps }) {
  return steps ? `\`${column.name}${steps.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("")}\` (json)` : `\`${column.name}\` (${column.type})`;
}

function help({ column, steps }) {
  if (steps) return "write a number, a text in quotes, true or false";
  return {
    int: "write a whole number such as 32",
    float: "write a number such as 0.3 or 1e-3",
    bool: "write true or false",
    string: "write a text in quotes: \"adam\"",
    path: "write a text in quotes: \"adam\"",
    datetime: "write a time in quotes: \"2026-11-25T13:00:00Z\" or \"2026-11-25\", UTC",
    json: "compare a part of it: `curve.key == 1`; or `is null`",
  }[column.type];
}
