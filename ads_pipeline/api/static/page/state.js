// What is chosen. It stands in the URL, so that a link shows the same; what is not there follows from the rollup.

export const DAY = "event_date", DAYS = 14, TOP = 50, TOPS = [10, 20, 50, 100, 500, 1000], MOST_CHARTED = 2;

/** Presets: the days from and to, by the present day in the reporting time zone. Days that are over, but for `today` and `month`. */
export const RANGES = {
  today: ["Today", (today) => [today, today]],
  "7d": ["7 days", (today) => [addDays(today, -7), addDays(today, -1)]],
  "28d": ["28 days", (today) => [addDays(today, -28), addDays(today, -1)]],
  month: ["Month", (today) => [`${today.slice(0, 8)}01`, today]],
};

export const addDays = (day, count) => new Date(Date.parse(day) + count * 864e5).toISOString().slice(0, 10);
export const daysBetween = (first, last) => Math.round((Date.parse(last) - Date.parse(first)) / 864e5);
export const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));

const list = (text) => (text ? text.split(",").filter(Boolean) : []);

/** The choice that a URL makes, completed by what the rollups have. */
export function parseState(search, rollups, today) {
  const query = new URLSearchParams(search);
  const rollup = rollups.find(({ name }) => name === query.get("rollup")) ?? (query.get("rollup") ? undefined : rollups[0]);
  const { dimensions = [], metrics = [], ratios = [], first_day: first, last_day: last } = rollup ?? {};
  const range = RANGES[query.get("range")] && today ? query.get("range") : "";
  const early = last && addDays(last, 1 - DAYS);
  const [from, to] = range ? RANGES[range][1](today) : [query.get("from") ?? (early > first ? early : first) ?? "", query.get("to") ?? last ?? ""];
  const by = query.has("by") ? list(query.get("by")) : dimensions.includes(DAY) ? [DAY] : dimensions.slice(0, 1);
  const chart = query.has("metric") ? list(query.get("metric")).slice(0, MOST_CHARTED) : metrics.slice(0, 1);
  const [least, volume] = (query.get("least") ?? "").split("=");
  return {
    rollup: rollup?.name ?? query.get("rollup") ?? "", range, from, to, by, chart,
    columns: list(query.get("columns")).filter((name) => [...metrics, ...ratios].includes(name)),
    where: query.getAll("where").map((text) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]),
    compare: query.get("compare") === "1", exact: query.get("exact") === "1", stated: query.get("stated") === "1",
    sort: query.get("sort") ?? "", top: Number(query.get("top")) || TOP,
    least: least && volume ? { metric: least, volume } : null,
    why: query.get("why"), at: query.getAll("at"),
  };
}

/** Conditions as they stand in the page's URL and in those of the service. */
export function addWhere(query, where) {
  for (const [column, value] of where) query.append("where", `${column}=${value}`);
}

/** The URL of a choice, without the number that is taken apart unless it is asked for. */
export function formatState(state, { why = false } = {}) {
  const query = new URLSearchParams({ rollup: state.rollup });
  if (state.range) query.set("range", state.range);
  else for (const name of ["from", "to"]) if (state[name]) query.set(name, state[name]);
  query.set("by", state.by.join());
  query.set("metric", state.chart.join());
  if (state.columns.length) query.set("columns", state.columns.join());
  addWhere(query, state.where);
  if (state.compare) query.set("compare", "1");
  if (state.exact) query.set("exact", "1");
  if (state.stated) query.set("stated", "1");
  if (state.sort) query.set("sort", state.sort);
  if (state.top !== TOP) query.set("top", state.top);
  if (state.least) query.set("least", `${state.least.metric}=${state.least.volume}`);
  if (why && state.why) {
    query.set("why", state.why);
    for (const value of state.at) query.append("at", value);
  }
  return `?${query}`;
}

export const isRanked = (state) => !(state.by.length === 1 && state.by[0] === DAY);
export const isCompared = (state) => state.compare && isDay(state.from) && isDay(state.to);
export const shownColumns = (state, rollup) => (state.columns.length ? state.columns : [...rollup.metrics, ...rollup.ratios]);
export const sortOf = (state) => state.sort || (isRanked(state) ? `-${state.chart[0] ?? state.by[0] ?? ""}` : DAY);

function basic(state, by, metrics) {
  const query = new URLSearchParams({ by: by.join(), metric: metrics.join() });
  for (const name of ["from", "to"]) if (state[name]) query.set(name, state[name]);
  addWhere(query, state.where);
  if (isCompared(state)) query.set("compare", "true");
  if (state.stated) query.set("stated", "true");
  return query;
}

const pathOf = (state, query) => `/v1/rollups/${encodeURIComponent(state.rollup)}?${query}`;

/** What the table shows: rows, all others, the total. */
export function tablePath(state, rollup) {
  // the charted metrics besides, so that the API tells when a link names what is not there
  const query = basic(state, state.by, [...new Set([...shownColumns(state, rollup), ...state.chart])]);
  const sort = sortOf(state);
  query.set("order_by", [sort, ...state.by.filter((name) => name !== sort.replace(/^-/, ""))].join());
  query.set("totals", "true");
  if (state.by.some((name) => rollup.named?.includes(name))) query.set("names", "true");
  if (isRanked(state)) query.set("limit", state.top);
  if (isRanked(state) || state.least) query.set("other", "true");
  if (state.least) query.set("least", `${state.least.metric}=${state.least.volume}`);
  return pathOf(state, query);
}

/** What the chart shows: a row a day. */
export const chartPath = (state) => pathOf(state, basic(state, [DAY], state.chart));
