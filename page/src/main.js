// The page: a head with the views and the filter, and the view that the address names.

import { clear, draw } from "./chart.js";
import { announce, h, turn, visible } from "./dom.js";
import { Problem } from "./expression/tokens.js";
import { moment, plural } from "./format.js";
import { note, unlisted, unreadable } from "./left_out.js";
import { Live } from "./source/live.js";
import { Report } from "./source/report.js";
import { address, read } from "./state.js";
import { compare } from "./views/compare.js";
import { curves } from "./views/curves.js";
import { groups } from "./views/groups.js";
import { heatmap } from "./views/heatmap.js";
import { importance } from "./views/importance.js";
import { parallel } from "./views/parallel.js";
import { progress } from "./views/progress.js";
import { run } from "./views/run.js";
import { scatter } from "./views/scatter.js";
import { runs } from "./views/table.js";

/** The views: name, title, function, and whether it needs to know which fields vary. */
const VIEWS = [
  ["progress", "Progress", progress, false],
  ["table", "Table", runs, false],
  ["groups", "Groups", groups, true],
  ["scatter", "Scatter", scatter, true],
  ["parallel", "Parallel", parallel, true],
  ["heatmap", "Heat map", heatmap, true],
  ["curves", "Curves", curves, true],
  ["compare", "Compare", compare, false],
  ["importance", "Importance", importance, true],
  ["run", "Run", run, false],
];

/** How often the progress of a database is asked again. */
const REFRESH = 5000;

class App {
  constructor(page) {
    this.page = page;
    this.source = page.live ? new Live(page) : new Report(page, written);
    this.state = read(location.hash);
    this.facts = null;
    this.checked = "";
    this.asked = 0;
    this.timer = null;
    /** The address of what is shown. */
    this.shown = null;
  }

  /** The address of this view with changes. */
  link(changes) {
    return address({ ...this.state, ...changes });
  }

  /** Shows something else; the browser's history keeps what was shown. */
  go(changes) {
    location.hash = this.link(changes);
  }

  /** Changes which runs are chosen, without drawing the view again. */
  choose(runs) {
    this.state.runs = runs.length ? runs : null;
    history.replaceState(null, "", this.link({}));
    this.head();
    announce(`${plural(runs.length, "run")} chosen`);
  }

  /** A link to a run. */
  run(uuid, shown) {
    return h("a", { href: this.link({ view: "run", run: uuid }), class: "run" }, h("bdi", null, visible(shown ?? uuid)));
  }

  start() {
    addEventListener("hashchange", () => this.show());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.show());
    const theme = document.getElementById("theme");
    theme.value = stored();
    document.documentElement.dataset.theme = theme.value;
    theme.addEventListener("change", () => {
      document.documentElement.dataset.theme = theme.value;
      keep(theme.value);
      this.show();
    });
    // The part after `#` is the view, so the link cannot name the element.
    document.querySelector(".skip").addEventListener("click", (event) => {
      event.preventDefault();
      document.getElementById("main").focus();
    });
    const filter = document.getElementById("filter");
    filter.addEventListener("submit", (event) => {
      event.preventDefault();
      this.filter(document.getElementById("where").value);
    });
    document.getElementById("all").addEventListener("click", () => this.filter(""));
    this.show();
  }

  /** Applies a filter; one that cannot be read is shown with the place of the mistake, and the view stays. */
  async filter(where) {
    try {
      await this.source.check(where);
      this.go({ where, after: null });
      mistake(null);
    } catch (problem) {
      mistake(problem, where);
    }
  }

  head() {
    const { state } = this;
    const chosen = state.runs?.length ?? 0;
    const links = VIEWS.filter(([name]) => name !== "run" || state.run).map(([name, title]) => {
      const current = state.view === name;
      const count = (name === "compare" || name === "curves") && chosen ? ` (${chosen})` : "";
      return h("a", { href: this.link({ view: name }), "aria-current": current ? "page" : null }, `${title}${count}`);
    });
    const views = document.getElementById("views");
    views.replaceChildren(...links);
    // On a phone not all of them fit; the page itself must not scroll.
    const current = views.querySelector("[aria-current]");
    if (current) views.scrollLeft = current.offsetLeft - (views.clientWidth - current.offsetWidth) / 2;
  }

  async show() {
    clearTimeout(this.timer);
    this.asked += 1;
    const asked = this.asked;
    const before = this.state;
    this.state = read(location.hash);
    const view = VIEWS.find(([name]) => name === this.state.view) ?? VIEWS[0];
    const [, title, make, needsFacts] = view;
    const lost = note(unlisted(this, "view", "view", VIEWS.map(([name]) => name), title));
    this.state.view = view[0];
    document.title = `${title} – ${visible(this.page.project.name)}`;
    this.head();
    const where = document.getElementById("where");
    if (document.activeElement !== where || before.where !== this.state.where) where.value = this.state.where;
    const main = document.getElementById("main");
    main.setAttribute("aria-busy", "true");
    this.source.forget?.();
    const waiting = wait();
    try {
      if (this.checked !== this.state.where) await this.source.check(this.state.where);
      this.checked = this.state.where;
      if (needsFacts && this.facts?.where !== this.state.where) {
        this.facts = { where: this.state.where, ...(await this.source.facts(this.state.where)) };
      }
      const content = await make(this);
      await turn();
      if (asked !== this.asked) return;
      this.replace(main, [lost, content], before.view !== this.state.view);
      this.shown = location.hash;
      mistake(null);
      if (this.source.isLive && this.state.view === "progress") this.timer = setTimeout(() => this.again(), REFRESH);
    } catch (problem) {
      if (asked !== this.asked) return;
      const isOfFilter = this.checked !== this.state.where;
      mistake(problem, isOfFilter ? this.state.where : "");
      // Another view, or the runs of another filter, would look like the answer.
      if (this.shown !== location.hash) this.replace(main, this.nothing(title, isOfFilter), before.view !== this.state.view);
      if (this.source.isLive && this.state.view === "progress") this.timer = setTimeout(() => this.again(), REFRESH);
    } finally {
      waiting();
      if (asked === this.asked) {
        main.removeAttribute("aria-busy");
        main.dataset.view = this.state.view;
      }
    }
  }

  /** What stands in the place of a view that cannot be shown. */
  nothing(title, isOfFilter) {
    const isSorted = !isOfFilter && this.state.view === "table" && this.state.sort;
    return [
      h("h2", null, title),
      h("p", null, `Nothing is shown, because of the error above.${isOfFilter ? " Correct the filter, or choose “All runs”." : ""}`),
      isSorted ? h("p", null, h("a", { href: this.link({ sort: null, after: null }) }, "Show the table in its usual order")) : null,
    ];
  }

  /** Asks again, unless nobody looks. */
  again() {
    if (document.hidden) this.timer = setTimeout(() => this.again(), REFRESH);
    else this.show();
  }

  /** Puts a view in the place of the last one. The control that had the focus gets it back. */
  replace(main, content, isOther) {
    const controls = () => [...main.querySelectorAll("select, input, button, summary")];
    const at = controls().indexOf(document.activeElement);
    const opened = [...main.querySelectorAll(".controls details")].map((details) => details.open);
    clear();
    main.replaceChildren(...content.flat(Infinity).filter(Boolean));
    draw(main);
    if (isOther) {
      const heading = main.querySelector("h2");
      heading?.setAttribute("tabindex", "-1");
      if (this.asked > 1) heading?.focus();
      return;
    }
    [...main.querySelectorAll(".controls details")].forEach((details, index) => { details.open = opened[index] ?? false; });
    if (at >= 0) controls()[at]?.focus();
  }
}

/** Says that an answer takes long, and how long; returns what ends that. */
function wait() {
  const [box, started] = [document.getElementById("waiting"), Date.now()];
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - started) / 1000);
    box.textContent = `The database is at work: ${seconds} s …`;
    box.hidden = false;
  }, 1000);
  return () => {
    clearInterval(timer);
    box.hidden = true;
  };
}

/** Shows what is wrong, with the expression and a mark below the mistake. */
function mistake(problem, where) {
  const box = document.getElementById("mistake");
  const input = document.getElementById("where");
  input.removeAttribute("aria-invalid");
  if (!problem) return box.replaceChildren();
  if (!(problem instanceof Problem)) {
    console.error(problem);
    return box.replaceChildren(h("p", null, `This cannot be shown: ${visible(problem.message)}`));
  }
  const isOfFilter = where && (problem.start > 0 || problem.end > 0 || problem.help);
  if (isOfFilter) input.setAttribute("aria-invalid", "true");
  const width = Math.max(1, problem.end - problem.start);
  const mark = isOfFilter ? h("pre", { "aria-hidden": "true" }, `${visible(where)}\n${" ".repeat(visible(where.slice(0, problem.start)).length)}${"^".repeat(width)}`) : null;
  const place = isOfFilter ? ` (at character ${problem.start + 1})` : "";
  const lines = [h("p", null, h("strong", null, "Error: "), visible(problem.message), place), mark, problem.help ? h("p", null, `Help: ${visible(problem.help)}`) : null];
  return box.replaceChildren(...lines.filter(Boolean));
}

/** The choice of colours; a page from the disk may have no storage. */
function stored() {
  try {
    return localStorage.getItem("wallow-theme") ?? "";
  } catch {
    return "";
  }
}

function keep(theme) {
  try {
    localStorage.setItem("wallow-theme", theme);
  } catch {
    // Then the choice lasts as long as the page.
  }
}

function introduce(page) {
  document.getElementById("name").textContent = visible(page.project.name);
  document.getElementById("description").textContent = visible(page.project.description ?? "");
  const notes = [];
  if (page.live) notes.push(`Live from ${visible(page.database)}, read-only.`);
  else {
    const where = page.where ? ` for which ${visible(page.where)}` : "";
    notes.push(`A report of ${visible(page.database)}, written ${moment(page.written)}: ${plural(page.size, "run")}${where}.`);
    for (const left of [unreadable(page.damaged), unreadable(page.damagedAttempts, "attempt")]) if (left) notes.push(`${left}.`);
  }
  document.getElementById("notes").textContent = notes.join(" ");
}

/** The data of the page as JSON. */
function written() {
  return document.getElementById("data").textContent;
}

const page = JSON.parse(written());
introduce(page);
const app = new App(page);
app.start();
