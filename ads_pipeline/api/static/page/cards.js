// The totals: a card for each metric, which charts it.

import { $, make } from "./dom.js";
import { changed, places, shown } from "./figures.js";
import { MOST_CHARTED } from "./state.js";

export function showCards(total, state, rollup, choose) {
  const card = (name) => {
    const options = { exact: state.exact, digits: places([total[name]]) }, charted = state.chart.includes(name);
    const made = make("button", { type: "button", "aria-pressed": String(charted), "data-metric": name, class: charted && state.chart.indexOf(name) ? "second" : "" }, make("span", {}, name),
      make("b", { "data-total": name }, shown(total[name] ?? null, name, rollup, options)), changed(total, name, rollup, options));
    made.addEventListener("click", () => choose({ chart: charts(state.chart, name) }));
    return made;
  };
  const focused = document.activeElement?.dataset?.metric;
  $("totals").replaceChildren(...[rollup.metrics, rollup.ratios].map((names) => names.filter((name) => name in total)).filter((names) => names.length)
    .map((names) => make("div", {}, names.map(card))));
  if (focused) $("totals").querySelector(`[data-metric="${CSS.escape(focused)}"]`)?.focus();
}

/** The charted metrics after a click: the one that was charted first makes room, and the last one stays. */
function charts(present, name) {
  if (!present.includes(name)) return [...present, name].slice(-MOST_CHARTED);
  return present.length > 1 ? present.filter((one) => one !== name) : present;
}
