// The CSV file of a report: byte for byte what `wallow export` writes for the same runs.

/** A line of cells; `null` is NULL. A line with a single empty cell would be blank, which readers skip. */
export function line(cells) {
  return cells.map((cell) => (cell === null ? (cells.length > 1 ? "" : '""') : quoted(cell))).join(",");
}

function quoted(text) {
  const needsQuotes = text === "" || /[",\r\n]|^[ \t]|[ \t]$/.test(text);
  return needsQuotes ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A value that is no json, as text; a float always looks like one. */
export function exact(value, column) {
  return column.type === "float" && typeof value === "number" ? float(value) : String(value);
}

/** The shortest text that reads back as the same float, as Rust writes it. */
function float(value) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits, exponent] = value.toExponential().split("e");
    return `${upper(digits, value)}e${exponent.replace("+", "")}`;
  }
  const text = Object.is(value, -0) ? "-0" : String(value);
  return text.includes(".") ? upper(text, value) : `${text}.0`;
}

/** Of two shortest texts that are equally near, JavaScript takes the even one, and Rust the one farther from zero. */
function upper(digits, value) {
  const count = digits.replace(/[-.]/g, "").replace(/^0+/, "").length;
  // Nine of ten are known by one more digit, which is found faster than sixty.
  if (!value.toExponential(Math.min(100, count)).split("e")[0].endsWith("5")) return digits;
  // No float is as near as this to the middle of two such texts, unless it is the middle.
  const exact = value.toExponential(Math.min(100, count + 60)).replace(/e.*|[-.]/g, "");
  const isMiddle = /^50*$/.test(exact.slice(count)) && digits.replace(/[-.]/g, "").endsWith(exact.slice(0, count));
  return isMiddle ? digits.slice(0, -1) + (Number(digits.at(-1)) + 1) : digits;
}

/**
 * The json values of a column as they were written into the report. What JavaScript reads lacks the point of `1.0`, the
 * digits of integers beyond 2^53, and the order of keys such as `10`.
 *
 * `text` is the JSON of the whole page. A cell without a value, or whose value is not whole, is `null`.
 */
export function jsonTexts(text, column) {
  const scanner = new Scanner(text);
  const found = scanner.member("data") && scanner.member(column) && scanner.member("cells");
  const cells = [];
  if (!found) return cells;
  for (let more = scanner.enter("]"); more; more = scanner.next("]")) {
    const end = scanner.end();
    const has = text[scanner.at] === "{" && scanner.member("json");
    cells.push(has ? plain(text.slice(scanner.at, scanner.end())) : null);
    scanner.at = end;
  }
  return cells;
}

/** JSON without the escapes that only a page needs. */
function plain(json) {
  if (!json.includes("\\u")) return json;
  const scanner = new Scanner(json);
  const parts = [];
  let from = 0;
  for (let at = json.indexOf('"'); at >= 0; at = json.indexOf('"', from)) {
    scanner.at = at;
    const end = scanner.end();
    parts.push(json.slice(from, at), JSON.stringify(JSON.parse(json.slice(at, end))));
    from = end;
  }
  return parts.join("") + json.slice(from);
}

/** A place in JSON that is known to be right, without blanks between its parts. */
class Scanner {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  /** Goes to the value of a member of the object here; whether there is one. */
  member(name) {
    for (let more = this.enter("}"); more; more = this.next("}")) {
      const end = this.end();
      const key = JSON.parse(this.text.slice(this.at, end));
      this.at = end + 1;
      if (key === name) return true;
      this.at = this.end();
    }
    return false;
  }

  /** Goes into the array or object here; whether it has something. */
  enter(close) {
    this.at += 1;
    return this.text[this.at] !== close;
  }

  /** Goes behind the comma, from a value or its end; whether there is one. */
  next(close) {
    if (this.text[this.at] === close) return false;
    this.at += 1;
    return true;
  }

  /** Where the value here ends. */
  end() {
    const { text } = this;
    let [at, depth] = [this.at, 0];
    do {
      const char = text[at];
      if (char === '"') at = this.endOfString(at);
      else {
        if (char === "{" || char === "[") depth += 1;
        else if (char === "}" || char === "]") depth -= 1;
        at += 1;
        // A number or a word goes on until something ends it.
        if (depth === 0 && !/[}\]]/.test(char)) while (at < text.length && !/[,}\]]/.test(text[at])) at += 1;
      }
    } while (depth > 0);
    return at;
  }

  endOfString(at) {
    for (let end = this.text.indexOf('"', at + 1); ; end = this.text.indexOf('"', end + 1)) {
      let escapes = 0;
      while (this.text[end - 1 - escapes] === "\\") escapes += 1;
      if (escapes % 2 === 0) return end + 1;
    }
  }
}
