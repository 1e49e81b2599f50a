// What a day came to when it was settled and at each change since; of a closed day what has changed of the rows that are asked about.

import { read } from "./api.js";
import { block, make } from "./dom.js";
import { figure, places } from "./figures.js";
import { bothOf } from "./names.js";
import { addWhere } from "./state.js";

const SHOWN = 50;

export async function historyOf(path, day, metric, rollup, where) {
  const query = new URLSearchParams({ from: day, to: day });
  addWhere(query, where);
  const whole = read(`${path}/history?day=${day}`).catch((error) => {
    if (error.status !== 403) throw error;
    return null; // a key that is bound to values sees no totals of the day
  });
  const [told, { found: rows }] = await Promise.all([whole, read(`${path}/restatements?${query}`)]);
  return [told && changesOf(told.found, metric, rollup), ...restatementsOf(rows, day, metric, rollup)].filter(Boolean);
}

const some = (drops) => drops.slice(0, 2).join(", ") + (drops.length > 2 ? ` and ${drops.length - 2} more` : "");

const time = (text) => text.slice(0, 19).replace("T", " ");

const numbers = (texts, metric, rollup) => {
  const digits = places(texts);
  return (text) => (text === null || text === undefined ? "–" : figure(text, metric, rollup, { exact: true, digits }));
};

function changesOf({ day, closed, changes }, metric, rollup) {
  if (!changes.length) return null;
  const shown = numbers(changes.map(({ totals }) => totals[metric]), metric, rollup);
  const what = ({ kind }, place) => (kind !== "change" ? kind : place ? "changed" : "settled");
  const rows = changes.map((one, place) => [time(one.settled_at), what(one, place), shown(one.totals[metric]), one.batch, some(one.drops)]);
  return block(`What ${day} came to as a whole${closed ? "; the day is closed" : ""}`, ["UTC", "what", metric, "batch", "drops"], rows);
}

function restatementsOf({ closed_to: closed, restatements }, day, metric, rollup) {
  if (!closed || day > closed) return [];
  const changed = restatements.filter(({ difference }) => difference[metric] === null || Number(difference[metric]) !== 0);
  if (!changed.length) return [make("p", {}, `The day is closed; no ${metric} here has changed since.`)];
  const shown = numbers(changed.flatMap(({ before, totals }) => [before[metric], totals[metric]]), metric, rollup);
  const rows = changed.slice(0, SHOWN).map((one) => [time(one.settled_at), Object.entries(one.keys).filter(([column]) => column !== "event_date").map(([column, value]) => `${column} = ${bothOf(column, value)}`).join(", "),
    shown(one.before[metric]), shown(one.totals[metric]), shown(one.difference[metric]), one.applied ? "applied" : "held", one.batch]);
  const more = changed.length > SHOWN ? `, the first ${SHOWN} of ${changed.length}` : "";
  return [block(`Restatements: the day is closed, and this has changed since${more}`, ["UTC", "row", "before", "since", "difference", "state", "batch"], rows)];
}
