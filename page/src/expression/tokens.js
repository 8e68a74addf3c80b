// Text into tokens, each with its place (in UTF-16 units). The same language as `wallow ls --where`.

/** What is wrong with an expression, where, and what to do. */
export class Problem extends Error {
  constructor(start, end, message, help) {
    super(message);
    this.start = start;
    this.end = end;
    this.help = help ?? "";
  }
}

export const WORDS = new Set([
  "and", "between", "contains", "ends", "false", "in", "inf", "is", "nan", "not", "null", "or", "starts", "true", "with",
]);

const SYMBOLS = ["==", "!=", "<=", ">=", "<>", "<", ">", "=", "(", ")", "[", "]", ",", "."];
const WORD = /[_\p{Alphabetic}][_\p{Alphabetic}\p{N}\p{M}]*/uy;
const NUMBER = /-?(?:inf|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![_\p{Alphabetic}\p{N}\p{M}])/uy;
const DOUBLE = /"(?:[^"\\]|\\[^])*"/y;
const BLANKS = /[ \t\r\n]*/y;
const SMALLEST = -(2n ** 63n);
const LARGEST = 2n ** 63n - 1n;

/** Every token of the text. */
export function tokens(text) {
  const found = [];
  let at = 0;
  const match = (pattern) => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  for (;;) {
    at += match(BLANKS).length;
    if (at >= text.length) return found;
    const [length, token] = next(text, at, match);
    if (!token) throw unreadable(text, at);
    found.push({ ...token, start: at, end: at + length });
    at += length;
  }
}

function next(text, at, match) {
  const number = match(NUMBER);
  if (number) return [number.length, ofNumber(number)];
  const word = match(WORD);
  if (word) return [word.length, { kind: "word", value: word }];
  const first = text[at];
  if (first === "`" || first === "'") {
    const [length, value] = doubled(text, at, first);
    const kind = first === "`" ? "name" : "text";
    return length ? [length, { kind, value }] : [0, null];
  }
  const quoted = match(DOUBLE);
  if (quoted) {
    const escaped = quoted.replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\t", "\\t");
    try {
      return [quoted.length, { kind: "text", value: JSON.parse(escaped) }];
    } catch {
      return [0, null];
    }
  }
  const symbol = SYMBOLS.find((symbol) => text.startsWith(symbol, at));
  return symbol ? [symbol.length, { kind: "symbol", value: symbol }] : [0, null];
}

/** Integers are exact (BigInt) if a double cannot hold them. */
function ofNumber(text) {
  if (text.endsWith("inf")) {
    return { kind: "float", value: text.startsWith("-") ? -Infinity : Infinity };
  }
  if (/^-?\d+$/.test(text)) {
    const value = BigInt(text);
    if (value >= SMALLEST && value <= LARGEST) return { kind: "int", value: narrow(value) };
  }
  return { kind: "float", value: Number(text) };
}

export function narrow(value) {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A quoted text in which the quote is doubled; a length of 0 if it is not closed. */
function doubled(text, start, quote) {
  let content = "";
  let at = start + 1;
  for (;;) {
    const end = text.indexOf(quote, at);
    if (end < 0) return [0, ""];
    content += text.slice(at, end);
    if (text[end + 1] !== quote) return [end + 1 - start, content];
    content += quote;
    at = end + 2;
  }
}

function unreadable(text, start) {
  const first = String.fromCodePoint(text.codePointAt(start));
  if (first === '"' || first === "'" || first === "`") {
    return new Problem(
      start, text.length,
      "this text is not closed, or has an escape that JSON does not know",
      `close it with ${first}; a backslash is written \`\\\\\``,
    );
  }
  const help = "&|!".includes(first)
    ? "write `and`, `or`, `not`"
    : "write conditions such as `status == \"completed\" and val_loss < 0.3`";
  return new Problem(start, start + first.length, `\`${first}\` means nothing here`, help);
}

/** The token of a text as a message names it; a number as it is written, because a float may have lost digits. */
export function describe(token, text) {
  if (!token) return "the end";
  switch (token.kind) {
    case "name": return `the name \`${token.value}\``;
    case "text": return `the text ${JSON.stringify(token.value)}`;
    case "int":
    case "float": return `the number ${text.slice(token.start, token.end)}`;
    default: return `\`${token.value}\``;
  }
}
