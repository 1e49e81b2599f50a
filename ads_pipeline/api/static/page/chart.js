// The chart: a line a metric over the days, and a dashed one for the period before; one scale for each metric.

import uPlot from "../uplot/uPlot.esm.js";
import { $ } from "./dom.js";
import { changeText, dayText, figure, places, tick } from "./figures.js";
import { DAY, addDays, daysBetween, isCompared } from "./state.js";

const HEIGHT = 240;

let drawn = null, shown = null;

/** Draw the days from the first to the last; a day without a row is 0 for what adds up, and nothing for a ratio. */
export function showChart(rows, view) {
  const { state, rollup } = view;
  const days = [...rows.map((row) => row[DAY]), rollup.first_day, rollup.last_day].filter(Boolean).sort();
  const first = state.from > days[0] ? state.from : days[0], last = state.to && state.to < days.at(-1) ? state.to : days.at(-1);
  const found = new Map(rows.map((row) => [row[DAY], row]));
  const points = first <= last ? Array.from({ length: daysBetween(first, last) + 1 }, (_, place) => ({ day: addDays(first, place) })) : [];
  const empty = Object.fromEntries(state.chart.flatMap((name) => [name, `${name}_before`]).map((name) => [name, rollup.metrics.includes(name.replace(/_before$/, "")) ? "0" : null]));
  for (const point of points) point.row = found.get(point.day) ?? empty;
  const labels = isCompared(state) ? `, dashed: the ${daysBetween(state.from, state.to) + 1} days before` : "";
  $("heading").textContent = `${state.chart.join(" and ")} by day${labels}`;
  shown = { ...view, points, first, last };
  draw();
}

const linesOf = ({ state }) => state.chart.flatMap((name, place) => [
  { name, place, column: name }, ...(isCompared(state) ? [{ name, place, column: `${name}_before`, before: true }] : []),
]);

export function draw() {
  if (!shown) return;
  const { points, state } = shown, lines = linesOf(shown), style = getComputedStyle(document.documentElement), color = (name) => style.getPropertyValue(name).trim();
  const data = [points.map(({ day }) => Date.parse(day) / 1000), ...lines.map(({ column }) => points.map(({ row }) => (row[column] === null || row[column] === undefined ? null : Number(row[column]))))];
  const colors = [color("--accent"), color("--second")], width = $("chart").clientWidth, alone = points.length < 2;
  drawn?.destroy();
  drawn = new uPlot({
    width, height: HEIGHT, legend: { show: false }, padding: [10, state.chart.length > 1 ? 4 : 22, 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 8 } },
    scales: { x: { time: true, range: alone ? (_, from, to) => [from - 86_400, to + 86_400] : undefined }, ...Object.fromEntries(state.chart.map((name) => [name, { range: rangeOf }])) },
    axes: [
      { stroke: color("--soft"), grid: { show: false }, ticks: { stroke: color("--rule") }, size: 26, splits: (self) => splitsOf(points, self.width), values: (_, at) => at.map((seconds) => dayText(new Date(seconds * 1000).toISOString().slice(0, 10))) },
      ...state.chart.map((name, place) => ({
        scale: name, side: place ? 1 : 3, size: 58, stroke: state.chart.length > 1 ? colors[place] : color("--soft"), ticks: { show: false },
        grid: { show: !place, stroke: color("--rule"), width: 1 }, values: (_, at) => at.map((value) => tick(value, name)),
      })),
    ],
    series: [{}, ...lines.map(({ name, place, before }) => ({
      scale: name, stroke: colors[place], width: before ? 1.5 : 2, dash: before ? [4, 4] : undefined, alpha: before ? 0.75 : 1,
      fill: !place && !before && lines.length === 1 ? color("--wash") : undefined, points: { show: alone || (!before && points.length < 32), size: 5 },
    }))],
    hooks: { setCursor: [({ cursor }) => tell(cursor.idx)], drawClear: [(self) => markToday(self, color("--wash"))] },
  }, data, $("chart"));
  describe(lines);
  tell(null);
}

/** From 0, or from below it where a value is negative, to the largest value. */
function rangeOf(_, low, high) {
  const [from, to] = [Math.min(0, low ?? 0), Math.max(0, high ?? 0)];
  return from === to ? [0, 1] : [from && from - (to - from) * 0.05, to && to + (to - from) * 0.05];
}

/** As many days at the axis as there is room for. */
function splitsOf(points, width) {
  const every = Math.max(1, Math.ceil((points.length * 64) / Math.max(width - 70, 64)));
  return points.filter((_, place) => place % every === 0).map(({ day }) => Date.parse(day) / 1000);
}

/** The present day is not over: a shade behind it. */
function markToday({ ctx, bbox, valToPos }, shade) {
  const { today, points } = shown;
  if (!points.some(({ day }) => day === today)) return;
  const at = Date.parse(today) / 1000, half = 43_200;
  const from = Math.max(bbox.left, valToPos(at - half, "x", true)), to = Math.min(bbox.left + bbox.width, valToPos(at + half, "x", true));
  ctx.save();
  ctx.fillStyle = shade;
  ctx.fillRect(from, bbox.top, to - from, bbox.height);
  ctx.restore();
}

/** The figures of a day, where the cursor is. */
function tell(place) {
  const point = shown.points[place ?? -1], { state, rollup, today } = shown;
  if (!point) {
    $("reading").textContent = shown.points.some(({ day }) => day === today) ? "The shaded day is not over." : "";
    return;
  }
  const told = state.chart.map((name) => {
    const options = { exact: state.exact, digits: places([point.row[name], point.row[`${name}_before`]]) }, before = point.row[`${name}_before`];
    const was = isCompared(state) ? ` (before ${figure(before, name, rollup, options)}, ${changeText(point.row[`${name}_change`], point.row[name], before)})` : "";
    return `${name} ${figure(point.row[name], name, rollup, options)}${was}`;
  });
  $("reading").textContent = `${point.day}${point.day === today ? ", so far" : ""}: ${told.join(", ")}`;
}

function describe(lines) {
  const { points, state, rollup, first, last } = shown;
  const extremes = state.chart.map((name) => {
    const values = points.map(({ row }) => row[name]).filter((text) => text !== null && text !== undefined).sort((one, other) => one - other);
    const options = { digits: places(values) };
    return values.length ? `${name} from ${figure(values[0], name, rollup, options)} to ${figure(values.at(-1), name, rollup, options)} a day` : `${name} has no value`;
  });
  const before = lines.some((line) => line.before) ? ", with the period before" : "";
  $("chart").setAttribute("aria-label", `Line chart of ${state.chart.join(" and ")} over ${points.length} days, ${first} to ${last}${before}: ${extremes.join("; ")}. Arrow keys read it day by day.`);
}

/** Arrow keys move from day to day. */
function move(event) {
  const count = shown?.points.length ?? 0, present = drawn?.cursor.idx ?? null;
  const next = { ArrowLeft: (present ?? count) - 1, ArrowRight: (present ?? -1) + 1, Home: 0, End: count - 1 }[event.key];
  if (next === undefined || !count) return;
  event.preventDefault();
  const place = Math.min(count - 1, Math.max(0, next));
  drawn.setCursor({ left: drawn.valToPos(drawn.data[0][place], "x"), top: 10 });
}

$("chart").addEventListener("keydown", move);
new ResizeObserver(() => { if (drawn && drawn.width !== $("chart").clientWidth && $("chart").clientWidth) draw(); }).observe($("chart"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
