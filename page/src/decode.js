// The data of a page as values: columns of runs, and curves.

/** The numbers that JSON cannot write are texts: `"NaN"`, `"Infinity"`, `"-Infinity"`, and integers beyond 2^53. */
function number(value) {
  return typeof value === "string" ? Number(value) : value;
}

function integer(value) {
  return typeof value === "string" ? BigInt(value) : value;
}

/** The cells of a column, as the page computes with them. */
export function cells(column, encoded) {
  if (encoded === undefined) return [];
  if (column.type === "float") return encoded.map(number);
  if (column.type === "int") return encoded.map(integer);
  if (column.type === "datetime") return encoded.map(time);
  if (column.type === "json") return jsonCells(encoded);
  if (!Array.isArray(encoded)) {
    const { dict, codes } = encoded;
    return codes.map((code) => (code < 0 ? null : dict[code]));
  }
  return encoded;
}

/** A time is microseconds since 1970, or text if a number cannot hold it. */
function time(value) {
  if (typeof value !== "number") return value;
  const seconds = Math.floor(value / 1e6);
  const micros = String(value - seconds * 1e6).padStart(6, "0");
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${micros}Z`;
}

/** Curves name their paths by number, with their usual positions: in a column all together, in a cell alone its own. */
function jsonCells(encoded) {
  const cells = Array.isArray(encoded) ? encoded : encoded.cells;
  const objects = cells.map((cell) => (Array.isArray(cell) ? { curves: cell } : cell));
  return objects.map((cell) => cell && named(cell, cell.paths ?? encoded.paths));
}

function named(cell, paths) {
  if (!cell.curves) return cell;
  const curves = cell.curves.map(([at, y, ...rest]) => {
    const [path, usual] = paths[at];
    return { path, y, x: rest.length ? rest[0] : usual, of: rest[1] };
  });
  return { ...cell, curves };
}

/** A finite number for a chart, else NaN. */
export function plain(value) {
  if (typeof value === "boolean") return Number(value);
  return value === null || value === undefined ? NaN : Number(value);
}

/** The curves of a cell: `[{ path, x, y }]`, with arrays of numbers. */
export function curves(cell) {
  return (cell?.curves ?? []).map(({ path, x, y, of }) => {
    const values = floats(y);
    return { path, x: positions(x, values.length), y: values, of: of ?? values.length };
  });
}

/** Positions are counted from 0, are an arithmetic progression, or are packed. */
function positions(x, length) {
  if (typeof x === "string") return floats(x);
  const [start, step] = x ?? [0, 1];
  return Float64Array.from({ length }, (_, index) => start + step * index);
}

/**
 * Packed numbers: `3` and three bytes for each number (sign, exponent and 15 bits of a 32-bit float), or `8` and eight
 * bytes (a 64-bit float), little endian, in base64.
 */
export function floats(packed) {
  const bytes = Uint8Array.from(atob(packed.slice(1)), (char) => char.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const width = Number(packed[0]);
  const values = new Float64Array(bytes.length / width);
  const whole = new DataView(new ArrayBuffer(4));
  for (let index = 0; index < values.length; index += 1) {
    if (width === 8) {
      values[index] = view.getFloat64(index * 8, true);
      continue;
    }
    for (let byte = 0; byte < 3; byte += 1) whole.setUint8(byte + 1, bytes[index * 3 + byte]);
    values[index] = whole.getFloat32(0, true);
  }
  return values;
}
