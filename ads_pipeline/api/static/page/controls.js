// The controls: rollup, days, dimensions, metrics, filters. Each change makes a new choice, which `choose` takes.

import { $, button, make } from "./dom.js";
import { bothOf } from "./names.js";
import { RANGES, TOPS, isCompared, shownColumns } from "./state.js";

const option = (value, text, selected) => make("option", { value, selected }, text);

const check = (name, value, checked, text) => make("label", {}, make("input", { type: "checkbox", name, value, checked }), text);

export function fillControls(state, rollups, rollup) {
  const choice = $("choice").elements, columns = [...rollup.metrics, ...rollup.ratios];
  const names = rollups.map(({ name }) => name);
  choice.rollup.replaceChildren(...[...new Set([...names, state.rollup])].filter(Boolean).map((name) => option(name, name, name === state.rollup)));
  choice.from.value = state.from;
  choice.to.value = state.to;
  choice.compare.checked = state.compare;
  choice.exact.checked = state.exact;
  choice.stated.checked = state.stated;
  $("stated").hidden = !rollup.closed_to && !state.stated;
  choice.top.replaceChildren(...[...new Set([...TOPS, state.top])].sort((one, other) => one - other).map((size) => option(size, size, size === state.top)));
  choice.least.replaceChildren(option("", "none", !state.least), ...columns.map((name) => option(name, name, name === state.least?.metric)));
  choice.volume.value = state.least?.volume ?? "";
  choice.volume.disabled = !state.least;
  const dimensions = [...new Set([...rollup.dimensions, ...state.by])];
  refill($("by"), dimensions.map((name) => check("by", name, state.by.includes(name), name)));
  const shown = shownColumns(state, rollup);
  refill($("columns"), columns.map((name) => check("columns", name, shown.includes(name), name)));
  $("columns-count").textContent = state.columns.length ? `${shown.length} of ${columns.length}` : "all";
  $("held").textContent = rollup.first_day ? `${rollup.name} holds ${rollup.first_day} to ${rollup.last_day}.` : "";
}

/** Replace what is in a group of controls, and keep the focus on the one that has it. */
function refill(group, children) {
  const { value } = group.contains(document.activeElement) ? document.activeElement : {};
  group.querySelectorAll("label").forEach((label) => label.remove());
  group.append(...children);
  if (value !== undefined) [...group.querySelectorAll("input")].find((input) => input.value === value)?.focus();
}

export function fillRanges(state, today, choose) {
  const made = Object.entries(RANGES).map(([range, [text, days]]) => button(text, () => {
    const [from, to] = days(today);
    choose({ range, from, to });
  }, { "aria-pressed": String(state.range === range), disabled: !today }));
  const focused = [...$("ranges").children].indexOf(document.activeElement);
  $("ranges").replaceChildren(...made);
  made[focused]?.focus();
}

export function fillFilters(state, choose) {
  const chips = state.where.map(([column, value]) => button(`${column} = ${bothOf(column, value)} ×`, () => {
    choose({ where: state.where.filter(([name, text]) => name !== column || text !== value) });
  }, { "aria-label": `Remove the filter ${column} = ${bothOf(column, value)}` }));
  if (chips.length > 1) chips.push(button("Remove all", () => choose({ where: [] }), { class: "plain" }));
  $("filters").replaceChildren(...chips);
  $("filters").hidden = !chips.length;
}

/** What the form says now, as far as it differs from the state. */
export function readControls(target, state, rollup) {
  const choice = $("choice").elements, name = target.name;
  const ticked = (group) => [...$(group).querySelectorAll("input:checked")].map(({ value }) => value);
  if (name === "rollup") return { rollup: choice.rollup.value, by: null, chart: null, columns: [], where: [], sort: "", least: null };
  if (name === "from" || name === "to") return { range: "", from: choice.from.value, to: choice.to.value };
  if (name === "by") {
    const by = [...state.by.filter((one) => ticked("by").includes(one)), ...ticked("by").filter((one) => !state.by.includes(one))];
    return { by, sort: by.includes(state.sort.replace(/^-/, "")) || isMetric(state.sort, rollup) ? state.sort : "" };
  }
  if (name === "columns") {
    const columns = ticked("columns"), all = columns.length === rollup.metrics.length + rollup.ratios.length;
    return { columns: all ? [] : columns };
  }
  if (name === "compare") return { compare: choice.compare.checked, sort: state.sort.endsWith("_change") ? "" : state.sort };
  if (name === "exact") return { exact: choice.exact.checked };
  if (name === "stated") return { stated: choice.stated.checked };
  if (name === "top") return { top: Number(choice.top.value) };
  const metric = choice.least.value, volume = choice.volume.value || "1000";
  return { least: metric ? { metric, volume } : null };
}

const isMetric = (sort, rollup) => [...rollup.metrics, ...rollup.ratios].includes(sort.replace(/^-/, "").replace(/_change$/, ""));

/** What the choice means, where that is not plain. */
export function hints(state, rollup, today) {
  const found = [];
  if (state.compare && !isCompared(state)) found.push("A comparison needs the first and the last day.");
  if (today && state.from <= today && state.to >= today) {
    found.push(`${today} is not over${isCompared(state) ? ": it is compared with a whole day" : ", its figures grow"}.`);
  }
  const left = (rollup.days_left_out ?? []).filter((day) => (!state.from || day >= state.from) && (!state.to || day <= state.to));
  if (left.length) found.push(`Left out until the next ingest has settled them: ${left.join(", ")}.`);
  if (state.stated && rollup.closed_to) found.push(`Days up to ${rollup.closed_to} are closed: they are shown as they were stated, not as they are now.`);
  if (!state.by.length) found.push("Choose what to group by to see more than the total.");
  return found.join(" ");
}

