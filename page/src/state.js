// What is shown, as the part of the address after `#`: a link holds the whole view.

const LISTS = ["columns", "keys", "axes", "runs"];

/** The state that an address holds. */
export function read(hash) {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const state = Object.fromEntries(parameters);
  for (const name of LISTS) state[name] = state[name] === undefined ? null : list(state[name]);
  return { ...state, view: state.view ?? "progress", where: state.where ?? "" };
}

function list(text) {
  try {
    const value = JSON.parse(text);
    return Array.isArray(value) ? [...new Set(value.filter((one) => typeof one === "string"))] : null;
  } catch {
    return null;
  }
}

/** The address of a state. */
export function address(state) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) {
    if (value === null || value === undefined || value === "" || value === false) continue;
    parameters.set(name, Array.isArray(value) ? JSON.stringify(value) : String(value));
  }
  return `#${parameters}`;
}
