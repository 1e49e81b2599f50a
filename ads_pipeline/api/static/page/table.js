// The table: rows by click sorted and filtered, all others, the total; a figure whose day is known is a button that takes it apart.

import { $, button, make } from "./dom.js";
import { changed, places, shown } from "./figures.js";
import { bothOf, nameOf } from "./names.js";
import { DAY, isCompared, isRanked, shownColumns, sortOf } from "./state.js";

export function showTable(answer, view) {
  const { state, rollup } = view, columns = shownColumns(state, rollup), lines = [...answer.rows, answer.other, answer.total].filter(Boolean);
  const digits = Object.fromEntries(columns.map((name) => [name, places(lines.map((row) => row[name]))]));
  const scale = scaleOf(answer.rows, state.chart[0]);
  const cells = (row, explained) => columns.map((name) => cell(row, name, { ...view, digits: digits[name], scale, explained }));
  const head = make("tr", {}, state.by.map((name) => header(name, view)), columns.map((name) => header(name, view)));
  const focused = document.activeElement?.dataset?.sort;
  $("head").replaceChildren(state.by.length ? head : make("tr", {}, make("td", {}), columns.map((name) => header(name, view))));
  $("rows").replaceChildren(...answer.rows.map((row) => make("tr", { class: row[DAY] === view.today && "partial" }, keys(row, view), cells(row, true))));
  const span = Math.max(1, state.by.length);
  $("foot").replaceChildren(...[["all others", answer.other], ["total", answer.total]].filter(([, row]) => row)
    .map(([text, row]) => make("tr", { class: text === "total" && "total" }, make("th", { scope: "row", colspan: span }, text), cells(row, false))));
  if (focused) $("head").querySelector(`[data-sort="${CSS.escape(focused)}"]`)?.focus();
  $("caption").textContent = captionOf(answer, view);
}

function captionOf({ rows, other }, { state, rollup }) {
  const days = state.from || state.to ? `${state.from || rollup.first_day} to ${state.to || rollup.last_day}` : "all days";
  const first = other && isRanked(state) ? `the first ${rows.length}` : `${rows.length} ${rows.length === 1 ? "row" : "rows"}`;
  const least = state.least ? ` with ${state.least.metric} of ${state.least.volume} or more` : "";
  return `${state.rollup} by ${state.by.join(", ") || "nothing"}, ${days}: ${first}${least}, by ${sortOf(state).replace(/^-/, "")}`;
}

/** A header that sorts; with a comparison another one that sorts by the change. */
function header(name, { state, rollup, choose }) {
  const sort = sortOf(state), isDimension = state.by.includes(name), by = sort.replace(/^-/, "");
  const sorter = (column, text, title) => {
    const next = by === column ? (sort.startsWith("-") ? column : `-${column}`) : isDimension ? column : `-${column}`;
    const mark = by === column ? (sort.startsWith("-") ? " ▾" : " ▴") : "";
    return button(text + mark, () => choose({ sort: next }), { class: "plain sort", "data-sort": column, "aria-label": title });
  };
  const order = by === name ? (sort.startsWith("-") ? "descending" : "ascending") : by === `${name}_change` ? "other" : null;
  const hasChange = !isDimension && isCompared(state) && [...rollup.metrics, ...rollup.ratios].includes(name);
  return make("th", { scope: "col", "aria-sort": order, class: isDimension ? "" : state.chart.includes(name) ? "number on" : "number" },
    sorter(name, name, `Sort by ${name}`), hasChange && sorter(`${name}_change`, "Δ", `Sort by the change of ${name}`));
}

/** The values of a row's dimensions: each a button that filters by it. */
function keys(row, { state, today, choose }) {
  return state.by.map((column, place) => {
    const value = row[column];
    const filter = column === DAY ? { range: "", from: value, to: value } : { where: [...state.where.filter(([one, text]) => one !== column || text !== value), [column, value ?? ""]] };
    const label = `Show only ${column} = ${bothOf(column, value)}`;
    const made = make("button", { type: "button", class: "plain filter", title: label, onclick: () => choose(filter) }, nameOf(column, value));
    return make(place ? "td" : "th", { scope: place ? null : "row" }, made, column === DAY && value === today && make("small", { class: "mark" }, "so far"));
  });
}

function cell(row, name, view) {
  const { state, rollup, digits, scale, explained } = view, options = { exact: state.exact, digits };
  const isOn = state.chart.includes(name), isFirst = name === state.chart[0];
  const text = shown(row[name] ?? null, name, rollup, options);
  const made = make("td", { class: isOn ? "number on" : "number" }, explained ? asked(row, name, text, view) : text, changed(row, name, rollup, options));
  if (explained && isFirst && scale > 0 && Number(row[name]) > 0) made.style.setProperty("--share", `${(100 * Number(row[name])) / scale}%`);
  return made;
}

const scaleOf = (rows, name) => Math.max(0, ...rows.map((row) => Number(row[name]) || 0));

/** A figure as a button, where its day is known; only what adds up can be taken apart. */
function asked(row, name, text, { state, rollup, explain }) {
  const day = state.by.includes(DAY) ? row[DAY] : state.from && state.from === state.to ? state.from : null;
  if (!rollup.metrics.includes(name) || !day || row[name] === null) return text;
  const at = state.by.map((column) => row[column] ?? "");
  const where = [day, ...state.by.filter((column) => column !== DAY).map((column) => nameOf(column, row[column]))].join(", ");
  return make("button", { type: "button", class: "plain why", title: `Where ${name} of ${where} comes from${titleOf(text)}`, onclick: () => explain(name, at) }, text);
}

const titleOf = (text) => (text instanceof Element ? ` (${text.title})` : "");
