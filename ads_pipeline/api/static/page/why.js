// Where a number comes from: it stands in the URL too, as `why` (the metric) and `at` (the values of the row's dimensions).

import { read } from "./api.js";
import { $, block, make } from "./dom.js";
import { figure, group, places } from "./figures.js";
import { historyOf } from "./history.js";
import { bothOf } from "./names.js";
import { DAY, addWhere } from "./state.js";

let told = "", latest = ""; // the number that the dialog takes apart, which is left alone while people read it; and that which was asked for last

export async function explain(state, rollup) {
  const { why: metric, at } = state, place = state.by.indexOf(DAY), day = place < 0 ? state.from : at[place];
  const query = new URLSearchParams({ day, metric });
  const keys = state.by.map((column, index) => [column, at[index] ?? ""]).filter(([column]) => column !== DAY);
  const where = [...keys, ...state.where.filter(([column]) => !keys.some(([key]) => key === column))];
  addWhere(query, where);
  const asked = `${state.rollup}?${query}`;
  if ($("why").open && told === asked) return;
  told = "";
  latest = asked;
  $("why-title").textContent = [`${metric} of ${state.rollup}, ${day}`, ...keys.map(([column, value]) => `${column} = ${bothOf(column, value)}`)].join(", ");
  $("parts").replaceChildren(make("p", {}, "Loading…"));
  if (!$("why").open) $("why").showModal();
  const path = `/v1/rollups/${encodeURIComponent(state.rollup)}`;
  let failed = false;
  const say = (error) => {
    failed = true;
    return [make("p", {}, error.message)];
  };
  const parts = read(`${path}/why?${query}`).then(({ found }) => partsOf(found, metric, rollup)).catch(say);
  const past = historyOf(path, day, metric, rollup, where).catch(say);
  const found = [...(await parts), ...(await past)];
  if (latest !== asked) return;
  $("parts").replaceChildren(...found);
  if (!failed) told = asked;
}

function partsOf(found, metric, rollup) {
  const union = found.metrics[metric] === "union";
  const value = ({ values, only }) => (union && only ? only : values)[metric];
  const digits = places([found.value[metric], ...found.parts.map(value)]), shown = (text) => figure(text ?? null, metric, rollup, { exact: true, digits });
  const place = ({ drop, line }) => `${drop}:${line}`, more = (one) => one.drop ?? `${group(one.drops)} other drops`, none = (text) => Number(text) === 0;
  const lines = ({ lines: told }) => told.map(({ line }) => line).join(", ");
  const parts = found.parts.map((one) => [more(one), one.events, shown(value(one)), lines(one)]);
  if (union && !none(found.shared[metric])) parts.push(["in several of them", "", shown(found.shared[metric]), ""]);
  if (metric in found.gone && !none(found.gone[metric])) parts.push([found.expired === true ? "raw rows expired" : "not in raw", "", shown(found.gone[metric]), ""]);
  parts.push(["total", "", shown(found.value[metric]), ""]);
  const late = found.landed.filter(({ days_late: days }) => !none(days)).map((one) => [one.landed_day, one.days_late, one.events, shown(value(one))]);
  const corrected = found.corrections.listed.map((one) => [one.event_id, place(one.before), shown(value(one.before)), place(one.after), shown(value(one.after))]);
  const repeated = found.duplicates.map((one) => [more(one), one.records, shown(value(one))]);
  const refused = found.refused.map((one) => [`${one.source}: ${one.reasons.join(" ")}`, one.lines, shown(value(one)), place(one.first)]);
  return [
    block("What it is made of" + (union ? "; of each part what no other has" : ""), ["part", "events", metric, "lines"], parts, "total"),
    block("Late: of these, by the landed day that brought them first", ["landed", "days late", "events", metric], late),
    block(`Corrections: ${group(found.corrections.corrections)}, of ${group(found.corrections.events)} events`, ["event", "before", metric, "after", metric], corrected),
    block("Duplicates: left out, would have added", ["drop", "records", metric], repeated),
    block("Refused: would have added", ["reasons", "lines", metric, "first"], refused),
    block("Refused, of a day that cannot be read", ["reasons", "lines"], Object.entries(found.unplaced)),
    block("Events of the day by drop, of all cells", ["drop", "events"], Object.entries(found.accepted)),
    found.changed_at && make("p", {}, `Changed last at ${found.changed_at} UTC, by ${found.changed_by}`),
    ...found.notes.map((note) => make("p", {}, note)),
  ].filter(Boolean);
}
