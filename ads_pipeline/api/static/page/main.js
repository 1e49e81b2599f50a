// The page for people: the choice stands in the URL, the API is asked for it, and the answer is drawn.

import { forgetKey, hasKey, read, readFile, useKey } from "./api.js";
import { showCards } from "./cards.js";
import { showChart } from "./chart.js";
import { fillControls, fillFilters, fillRanges, hints, readControls } from "./controls.js";
import { $, make, say } from "./dom.js";
import { agoText } from "./figures.js";
import { remember } from "./names.js";
import { chartPath, formatState, parseState, tablePath } from "./state.js";
import { showStatus } from "./status.js";
import { showTable } from "./table.js";
import { explain } from "./why.js";

const NONE = { name: "", dimensions: [], metrics: [], ratios: [], money: [] }, SOON = 1000, AGAIN = 5000, TYPING = 500;

let rollups = [], status = null, state = null, asking = new AbortController(), waiting = 0, typing = 0, late = 0;

const rollupOf = () => rollups.find(({ name }) => name === state.rollup) ?? NONE;

/** A new choice: what changes, the URL, the answer. */
function choose(changes) {
  const made = { ...state, ...changes, why: null, at: [] };
  // a rollup that is new to the choice has its own dimensions and metrics
  const fresh = changes.rollup ? parseState(new URLSearchParams({ rollup: changes.rollup, range: state.range, ...(state.range ? {} : { from: state.from, to: state.to }) }).toString(), rollups, status?.today) : {};
  state = { ...made, ...(changes.rollup ? { by: fresh.by, chart: fresh.chart } : {}) };
  history.pushState(null, "", formatState(state));
  show();
}

function show() {
  const rollup = rollupOf();
  fillControls(state, rollups, rollup);
  fillRanges(state, status?.today, choose);
  fillFilters(state, choose);
  $("hints").textContent = hints(state, rollup, status?.today);
  showStatus(status, rollup.name ? rollup : null);
  load();
}

/** Run work that a later choice ends; an error that may pass leads to another try. */
async function attempt(work, again) {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  clearTimeout(waiting);
  $("result").setAttribute("aria-busy", "true");
  try {
    await work(signal);
    if (!signal.aborted) $("result").removeAttribute("aria-busy");
  } catch (error) {
    if (signal.aborted) return;
    fail(error, again);
  }
}

function fail(error, again) {
  const locked = error.status === 401 || error.status === 403;
  if (error.retry) { // what is shown stays
    say(`${error.message} Trying again in ${error.retry} s.`, "wait");
    waiting = setTimeout(again, 1000 * error.retry);
    return;
  }
  $("result").hidden = true;
  $("result").removeAttribute("aria-busy");
  $("access").hidden = !locked;
  say(locked && !hasKey() ? "This service asks for an API key that may `read-analytics`." : error.message, "error");
  if (locked && !rollups.length) {
    $("choice").hidden = true;
    $("access").elements.key.focus();
  }
}

const load = () => attempt(async (signal) => {
  const rollup = rollupOf(), view = { state, rollup, today: status?.today, choose, explain: take };
  if (!state.rollup) return say("There is no rollup yet. To load drops that have landed, run `ads ingest`.", "empty");
  if ($("result").hidden) say("Loading…");
  const [table, chart] = await Promise.all([read(tablePath(state, rollup), signal), state.chart.length ? read(chartPath(state), signal) : { found: [], age: 0 }]);
  const parts = (part) => table.found.filter((row) => (row.part ?? (state.by.length ? "row" : "total")) === part);
  remember(table.found, state.by);
  fillFilters(state, choose);
  const answer = { rows: parts("row"), other: parts("other")[0], total: parts("total")[0] };
  const isEmpty = state.by.length ? !answer.total : !chart.found.length && state.chart.length > 0;
  if (isEmpty) {
    const held = rollup.first_day ? ` ${rollup.name} holds ${rollup.first_day} to ${rollup.last_day}.` : "";
    $("result").hidden = true;
    say(`No events in these days${state.where.length ? " with these filters" : ""}.${held} To load drops that have landed, run \`ads ingest\`.`, "empty");
    return undefined;
  }
  $("result").hidden = false;
  document.title = `${state.chart.join(", ")} by ${state.by.join(", ")} – ${state.rollup}`;
  showCards(answer.total ?? {}, state, rollup, choose);
  showTable(answer, view);
  showChart(chart.found, view);
  tellAge(Math.max(table.age, chart.age), refresh);
  reopen();
  return undefined;
}, () => load());

/** Say how old an answer is that could not be asked for anew, and ask again: soon at first, as an engine that is not busy only has to open. */
function tellAge(age, again) {
  late = age ? late + 1 : 0;
  if (!age) return say("");
  const time = `As of ${new Date(Date.now() - 1000 * age).toLocaleTimeString("en-GB")}, ${agoText(age)}`;
  if (late > 1) say(`${time}: the engine is busy, as while an ingest runs. This page asks again by itself.`, "wait");
  else say(`${time}; asking again…`);
  waiting = setTimeout(again, late > 1 ? AGAIN : SOON);
  return undefined;
}

/** What the header says is read with what is shown. */
async function refresh() {
  await readBasics().catch(() => undefined);
  show();
}

async function readBasics(signal) {
  const [listed, told] = await Promise.all([read("/v1/rollups", signal), read("/v1/status", signal).catch((error) => {
    if (signal?.aborted || !error.retry) throw error;
    return { found: null };
  })]);
  rollups = listed.found.rollups;
  status = told.found;
}

function take(metric, at) {
  state = { ...state, why: metric, at };
  history.pushState(null, "", formatState(state, { why: true }));
  explain(state, rollupOf());
}

function reopen() {
  if (state.why !== null && state.at.length === state.by.length) explain(state, rollupOf());
  else $("why").close();
}

async function download(media, ending) {
  say("Loading the file…");
  try {
    const link = make("a", { download: `${[state.rollup, ...state.by, state.from, state.to].filter(Boolean).join("_")}.${ending}` });
    link.href = URL.createObjectURL(await readFile(tablePath(state, rollupOf()), media));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // not before the browser has read it
    say("");
  } catch (error) {
    say(error.message, "error");
  }
}

const start = () => attempt(async (signal) => {
  $("forget").hidden = !hasKey();
  await readBasics(signal);
  $("access").hidden = true;
  $("choice").hidden = false;
  state = parseState(location.search, rollups, status?.today);
  show();
}, () => start());

$("choice").addEventListener("change", ({ target }) => {
  clearTimeout(typing); // a year or a number that is typed changes with every digit
  typing = setTimeout(() => choose(readControls(target, state, rollupOf())), ["date", "number"].includes(target.type) ? TYPING : 0);
});
$("choice").addEventListener("submit", (event) => event.preventDefault());
$("csv").addEventListener("click", () => download("text/csv", "csv"));
$("parquet").addEventListener("click", () => download("application/vnd.apache.parquet", "parquet"));
$("access").addEventListener("submit", (event) => {
  event.preventDefault();
  useKey($("access").elements.key.value);
  $("access").reset();
  start();
});
$("forget").addEventListener("click", () => {
  forgetKey();
  location.reload();
});
$("why").addEventListener("close", () => {
  if (state?.why === null) return;
  state = { ...state, why: null, at: [] };
  history.pushState(null, "", formatState(state));
});
addEventListener("popstate", () => {
  if (!state) return;
  const next = parseState(location.search, rollups, status?.today);
  const same = formatState(next, { why: true }) === formatState(state, { why: true });
  state = next;
  if (!same) show(); // a link within the page changes nothing
});
start();

