// The page for people: the choice stands in the URL, the API is asked for it, and the answer is drawn.

const DAY = "event_date", DAYS = 14, BARS = 20, ROWS = 1000, TRIES = 10, KEY = "ads-api-key";
const SHARES = new Set(["ctr", "cvr"]); // the ratios that people read as percentages

const $ = (id) => document.getElementById(id);
const choice = $("choice").elements;
let rollups = [], shown = null, asking = new AbortController(), timer = 0;

const maker = (space) => (tag, attributes = {}, ...children) => {
  const made = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};
const html = maker(document.documentElement.namespaceURI), svg = maker($("chart").namespaceURI);

// The API

/** JSON whose numbers stay the text they were sent as: a double would lose digits of money and large counts. */
const parse = (text) => JSON.parse(text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (part) => (part[0] === '"' ? part : `"${part}"`)));

const pause = (seconds, signal) => new Promise((resolve, reject) => {
  setTimeout(resolve, 1000 * seconds);
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
});

async function get(path, accept, signal) {
  for (let tries = 1; ; tries++) {
    const key = sessionStorage.getItem(KEY);
    const headers = { Accept: accept, ...(key && { Authorization: `Bearer ${key}` }) };
    const answer = await fetch(path, { headers, signal }).catch((error) => {
      throw signal.aborted ? error : new Error("The service does not answer: is `ads serve` running?");
    });
    if (answer.ok) return answer;
    const { status, statusText } = answer, wait = Number(answer.headers.get("Retry-After"));
    const { detail = `The service answered ${status} ${statusText}` } = await answer.json().catch(() => ({}));
    if (![429, 503].includes(status) || !wait || tries > TRIES) throw Object.assign(new Error(detail), { status });
    say(`The service is busy; trying again in ${wait} s (${tries} of ${TRIES}): ${detail}`, "wait");
    await pause(wait, signal);
  }
}

const getRows = async (path, signal) => parse(await (await get(path, "application/json", signal)).text());

function path(by, limit) {
  const { rollup, from, to, metric } = choice;
  // the chosen metric besides, so that the API tells when a link names what is not there
  const query = new URLSearchParams({ by, metric: [...new Set([...columns(), metric.value])].join() });
  for (const day of [from, to]) if (day.value) query.set(day.name, day.value);
  if (by) query.set("order_by", by === DAY ? by : `-${metric.value},${by}`);
  if (limit && by !== DAY) query.set("limit", limit);
  return `/v1/rollups/${encodeURIComponent(rollup.value)}?${query}`;
}

// The choice

const described = () => rollups.find(({ name }) => name === choice.rollup.value) ?? { dimensions: [], metrics: [], ratios: [] };
const columns = () => [...described().metrics, ...described().ratios];
const chosen = () => new URLSearchParams(new FormData($("choice")));

function fill(select, names, wanted) {
  const options = wanted && !names.includes(wanted) ? [...names, wanted] : names;
  select.replaceChildren(...options.map((name) => html("option", {}, name)));
  select.value = wanted ?? names[0] ?? "";
}

function restore(wanted) {
  fill(choice.rollup, rollups.map(({ name }) => name), wanted.get("rollup"));
  const { dimensions, first_day: first, last_day: last, days_left_out: doubtful = [] } = described();
  fill(choice.by, dimensions, wanted.get("by") ?? (dimensions.includes(DAY) ? DAY : null));
  fill(choice.metric, columns(), wanted.get("metric"));
  const early = last && new Date(Date.parse(last) - (DAYS - 1) * 864e5).toISOString().slice(0, 10);
  choice.from.value = wanted.get("from") ?? (early > first ? early : first) ?? "";
  choice.to.value = wanted.get("to") ?? last ?? "";
  $("held").textContent = first ? `data: ${first} to ${last}${doubtful.length ? `, until the next ingest without ${doubtful.join(", ")}` : ""}` : "";
}

function choose({ target }) {
  clearTimeout(timer); // a year that is typed changes with every digit
  timer = setTimeout(() => {
    const wanted = chosen();
    if (!described().dimensions.includes(wanted.get("by"))) wanted.delete("by");
    if (!columns().includes(wanted.get("metric"))) wanted.delete("metric");
    restore(wanted);
    history.pushState(null, "", `?${chosen()}`);
    load();
  }, target.type === "date" ? 500 : 0);
}

// Figures

const group = (text) => text.replace(/\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));
const exact = (text, name) => described().metrics.includes(name) && /^-?\d+(\.\d{1,6})?$/.test(text);

/** The decimals that align a column: as many as the most exact metric has; three or four digits of a ratio. */
function places(rows, name) {
  const texts = rows.map((row) => row[name]).filter((text) => text !== null);
  if (SHARES.has(name)) return 2;
  if (texts.every((text) => exact(text, name))) return Math.max(0, ...texts.map((text) => (text.split(".")[1] ?? "").length));
  const most = Math.max(...texts.map((text) => Math.abs(text)));
  return most > 0 ? Math.min(6, Math.max(2, 3 - Math.floor(Math.log10(most)))) : 2;
}

function figure(text, name, digits) {
  if (text === null) return "–";
  if (SHARES.has(name)) return `${group((100 * text).toFixed(digits))} %`;
  if (!exact(text, name)) return Number.isNaN(+text) ? text : group((+text).toFixed(digits));
  const [whole, part = ""] = text.split(".");
  return group(whole) + (digits ? `.${part.padEnd(digits, "0")}` : "");
}

const tick = (value, name) => SHARES.has(name) ? `${+(100 * value).toPrecision(3)} %`
  : Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: value < 10 ? 3 : 1 }).format(value);
const dayText = (day) => Intl.DateTimeFormat("en", { month: "short", day: "numeric", timeZone: "UTC" }).format(Date.parse(day));
const named = (value) => (value === "" || value === null ? "(none)" : value);

// What is shown

function say(text, kind = "") {
  // what stands between backticks is for a terminal
  $("note").replaceChildren(...text.split("`").map((part, place) => (place % 2 ? html("code", {}, part) : part)));
  $("note").className = kind;
}

function fail(error) {
  const locked = error.status === 401 || error.status === 403;
  $("result").hidden = true;
  $("access").hidden = !locked;
  say(locked && !sessionStorage.getItem(KEY) ? "This service asks for an API key that may `read-analytics`." : error.message, "error");
  if (locked) {
    $("choice").hidden = true;
    $("access").elements.key.focus();
  }
}

function show() {
  const { totals, rows, by, metric, range, cut } = shown;
  const card = (name) => {
    const value = html("b", { "data-total": name }, figure(totals[name], name, places([totals], name)));
    const made = html("button", { type: "button", "aria-pressed": name === metric }, html("span", {}, name), value);
    made.addEventListener("click", () => { choice.metric.value = name; choose({ target: choice.metric }); });
    return made;
  };
  const { metrics, ratios } = described(), focused = $("totals").contains(document.activeElement);
  $("totals").replaceChildren(html("div", {}, ...metrics.map(card)), html("div", {}, ...ratios.map(card)));
  if (focused) $("totals").querySelector("[aria-pressed=true]").focus();
  const mark = (name) => ({ class: name === metric ? "number on" : "number" });
  const digits = Object.fromEntries(columns().map((name) => [name, places(rows, name)]));
  $("caption").textContent = `${choice.rollup.value} by ${by}, ${range}: ${cut ? "the first " : ""}${group(String(rows.length))} ${rows.length === 1 ? "row" : "rows"}`
    + `${by === DAY ? "" : ` by ${metric}`}${cut ? "; the CSV has all" : ""}`;
  $("head").replaceChildren(html("tr", {}, html("th", { scope: "col" }, by), ...columns().map((name) => html("th", { scope: "col", ...mark(name) }, name))));
  $("rows").replaceChildren(...rows.map((row) => html("tr", {}, html("th", { scope: "row" }, named(row[by])),
    ...columns().map((name) => html("td", mark(name), asked(row[by], name, figure(row[name], name, digits[name])))))));
  document.title = `${metric} by ${by} – ${choice.rollup.value}`;
  $("result").hidden = false;
  draw();
}

function draw() {
  const { rows, by, metric } = shown, width = $("chart").clientWidth;
  const points = rows.map((row) => ({ label: named(row[by]), value: row[metric] === null ? null : +row[metric], text: row[metric] }));
  const ranked = Math.min(BARS, points.filter(({ value }) => value !== null).length);
  $("heading").textContent = by === DAY ? `${metric} by day` : `${metric}: top ${ranked} by ${by}`;
  const [height, label, parts] = (by === DAY ? line : bars)(points, metric, width);
  $("chart").setAttribute("height", height);
  $("chart").setAttribute("aria-label", label);
  $("chart").replaceChildren(...parts);
}

function line(points, metric, width) {
  const height = 240, left = 52, right = 14, top = 10, bottom = 24;
  const days = [], values = new Map(points.map((point) => [point.label, point]));
  const absent = described().metrics.includes(metric) ? { value: 0, text: "0" } : { value: null, text: null };
  for (let time = Date.parse(shown.first); time <= Date.parse(shown.last); time += 864e5) {
    const day = new Date(time).toISOString().slice(0, 10);
    days.push({ label: day, ...(values.get(day) ?? absent) });
  }
  const most = Math.max(...days.map(({ value }) => value ?? 0)) || 1, power = 10 ** Math.floor(Math.log10(most / 4));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size * 4 >= most) ?? 10 * power;
  const ceiling = Math.ceil(most / step - 1e-9) * step, wide = (width - left - right) / days.length;
  const x = (place) => left + wide * (place + 0.5), y = (value) => height - bottom - (value / ceiling) * (height - top - bottom);
  const grid = Array.from({ length: Math.round(ceiling / step) + 1 }, (_, place) => place * step).flatMap((value) => [
    svg("line", { class: "grid", x1: left, x2: width - right, y1: y(value), y2: y(value) }),
    svg("text", { class: "tick", x: left - 8, y: y(value) + 4, "text-anchor": "end" }, tick(value, metric)),
  ]);
  const every = Math.ceil(64 / wide), digits = places(points.map(({ text }) => ({ [metric]: text })), metric);
  const gap = (place) => (days[place]?.value ?? null) === null;
  const marks = days.map(({ label, value, text }, place) => svg("g", { class: gap(place - 1) && gap(place + 1) ? "day alone" : "day" },
    svg("rect", { x: x(place) - wide / 2, y: 0, width: wide, height }),
    ...(place % every ? [] : [svg("text", { class: "tick", x: x(place), y: height - 6, "text-anchor": "middle" }, dayText(label))]),
    ...(gap(place) ? [] : [svg("circle", { cx: x(place), cy: y(value), r: 4 })]),
    svg("text", { class: "value", x: width - right, y: -12, "text-anchor": "end" }, `${label}  ${figure(text, metric, digits)}`)));
  const stroke = days.map(({ value }, place) => gap(place) ? "" : `${gap(place - 1) ? "M" : "L"}${x(place)},${y(value)}`).join("");
  const area = days.every(({ value }) => value !== null) ? [svg("path", { class: "area", d: `${stroke}V${y(0)}H${x(0)}Z` })] : [];
  const label = `Line chart of ${metric} over ${days.length} days, ${shown.first} to ${shown.last}, at most ${tick(most, metric)} a day`;
  return [height, label, [...grid, ...area, svg("path", { class: "line", d: stroke }), ...marks]];
}

function bars(points, metric, width) {
  const best = points.filter(({ value }) => value !== null).slice(0, BARS), high = 22;
  const fits = Math.floor((0.3 * width) / 7.4), left = 12 + 7.4 * Math.min(fits, Math.max(...best.map(({ label }) => label.length), 0));
  const digits = places(best.map(({ text }) => ({ [metric]: text })), metric), texts = best.map(({ text }) => figure(text, metric, digits));
  const right = 12 + 7.5 * Math.max(...texts.map((text) => text.length), 0), most = Math.max(...best.map(({ value }) => value), 0) || 1;
  const parts = best.map(({ label, value }, place) => svg("g", { class: "bar" },
    svg("title", {}, `${label}: ${texts[place]}`),
    svg("rect", { class: "track", x: left, y: place * high + 3, width: Math.max(0, width - left - right), height: high - 6, rx: 2 }),
    svg("rect", { x: left, y: place * high + 3, width: Math.max(0, ((width - left - right) * value) / most), height: high - 6, rx: 2 }),
    svg("text", { x: left - 10, y: place * high + 15, "text-anchor": "end" }, label.length > fits ? `${label.slice(0, fits - 1)}…` : label),
    svg("text", { class: "value", x: width, y: place * high + 15, "text-anchor": "end" }, texts[place])));
  return [best.length * high, `Bar chart of ${metric}: the top ${best.length} by ${shown.by}, ${best[0]?.label} first`, parts];
}

// Where a number comes from: it stands in the URL too, as `why` (the metric) and `at` (the row)

/** A figure as a button, where its day is known. */
function asked(at, name, text) {
  if (!described().metrics.includes(name) || !(choice.by.value === DAY || (choice.from.value && choice.from.value === choice.to.value))) return text;
  const made = html("button", { type: "button", class: "plain why", title: `Where ${name} of ${named(at)} comes from` }, text);
  made.addEventListener("click", () => {
    history.pushState(null, "", `?${new URLSearchParams([...chosen(), ["why", name], ["at", at]])}`);
    explain(name, at);
  });
  return made;
}

async function explain(metric, at) {
  const by = choice.by.value, day = by === DAY ? at : choice.from.value, query = new URLSearchParams({ day, metric });
  if (by !== DAY) query.set("where", `${by}=${at}`);
  $("why-title").textContent = `${metric} of ${choice.rollup.value}, ${day}${by === DAY ? "" : `, ${by} = ${named(at)}`}`;
  $("parts").replaceChildren(html("p", {}, "Loading…"));
  if (!$("why").open) $("why").showModal();
  try {
    const found = await getRows(`/v1/rollups/${encodeURIComponent(choice.rollup.value)}/why?${query}`, new AbortController().signal);
    $("parts").replaceChildren(...partsOf(found, metric));
  } catch (error) {
    $("parts").replaceChildren(html("p", {}, error.message));
  }
}

function partsOf(found, metric) {
  const union = found.metrics[metric] === "union", shown = (text) => figure(text ?? null, metric, digits);
  const value = ({ values, only }) => (union && only ? only : values)[metric];
  const digits = places([...found.parts, found].map((one) => ({ [metric]: one.value ? one.value[metric] : value(one) })), metric);
  const place = ({ drop, line }) => `${drop}:${line}`, more = (one) => one.drop ?? `${group(one.drops)} other drops`, none = (text) => +text === 0;
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
    ...(found.changed_at ? [html("p", {}, `Changed last at ${found.changed_at} UTC, by ${found.changed_by}`)] : []),
    ...found.notes.map((note) => html("p", {}, note)),
  ].filter(Boolean);
}

function block(title, columns, rows, last) {
  if (!rows.length) return null;
  const numeric = columns.map((_, place) => place > 0 && rows.every((row) => /^(-?[\d,.]*|–)$/.test(row[place] ?? "")));
  const cell = (text, place) => html(place ? "td" : "th", place ? { class: numeric[place] ? "number" : "" } : { scope: "row" }, place ? text ?? "" : named(text));
  return html("table", {}, html("caption", {}, title),
    html("thead", {}, html("tr", {}, ...columns.map((name, place) => html("th", { scope: "col", class: numeric[place] ? "number" : "" }, name)))),
    html("tbody", {}, ...rows.map((row) => html("tr", { class: row[0] === last ? "total" : "" }, ...row.map(cell)))));
}

function reopen() {
  const { why, at } = Object.fromEntries(new URLSearchParams(location.search));
  if (why !== undefined && at !== undefined) explain(why, at);
  else $("why").close();
}

// What happens

async function attempt(work) {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  $("result").setAttribute("aria-busy", "true");
  say("Loading…");
  try {
    await work(signal);
  } catch (error) {
    if (!signal.aborted) fail(error);
  } finally {
    if (!signal.aborted) $("result").removeAttribute("aria-busy");
  }
}

const load = () => attempt(async (signal) => {
  const by = choice.by.value, metric = choice.metric.value, { first_day, last_day } = described();
  const [totals] = await getRows(path(""), signal), rows = await getRows(path(by, ROWS), signal);
  if (!rows.length) {
    const held = first_day ? `${choice.rollup.value} holds ${first_day} to ${last_day}. ` : "";
    $("result").hidden = true;
    return say(`No events in these days. ${held}To load drops that have landed, run \`ads ingest\`.`, "empty");
  }
  const days = [first_day, last_day, ...rows.map((row) => row[DAY])].filter(Boolean).sort();
  const first = choice.from.value > days[0] ? choice.from.value : days[0];
  const last = choice.to.value && choice.to.value < days.at(-1) ? choice.to.value : days.at(-1);
  shown = { totals, rows, by, metric, first, last, range: `${first} to ${last}`, cut: by !== DAY && rows.length === ROWS };
  show();
  say("");
  reopen();
});

const download = () => attempt(async (signal) => {
  const by = choice.by.value, answer = await get(path(by), "text/csv", signal);
  const link = html("a", { download: [choice.rollup.value, by, choice.from.value, choice.to.value].filter(Boolean).join("_") + ".csv" });
  link.href = URL.createObjectURL(await answer.blob());
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // not before the browser has read it
  say("");
});

const start = () => attempt(async (signal) => {
  $("forget").hidden = !sessionStorage.getItem(KEY);
  rollups = (await (await get("/v1/rollups", "application/json", signal)).json()).rollups;
  $("access").hidden = true;
  $("choice").hidden = false;
  restore(new URLSearchParams(location.search));
  load();
});

$("choice").addEventListener("change", choose);
$("choice").addEventListener("submit", (event) => event.preventDefault());
$("download").addEventListener("click", download);
$("access").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, $("access").elements.key.value);
  $("access").reset();
  start();
});
$("why").addEventListener("close", () => {
  if (new URLSearchParams(location.search).has("why")) history.pushState(null, "", `?${chosen()}`);
});
$("forget").addEventListener("click", () => { sessionStorage.removeItem(KEY); start(); });
addEventListener("popstate", () => { restore(new URLSearchParams(location.search)); load(); });
new ResizeObserver(() => { if (!$("result").hidden) draw(); }).observe($("chart"));
start();
