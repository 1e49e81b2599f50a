// Figures as people read them: money in two decimals, rounded from its text, and every digit where that is asked for.

import { make } from "./dom.js";

const SHARES = new Set(["ctr", "cvr"]); // the ratios that people read as percentages

export const group = (text) => text.replace(/\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));

const PLAIN = /^-?\d+(\.\d+)?$/;

/** A decimal text rounded to so many decimals, half away from zero, digit by digit. */
export function rounded(text, places) {
  const [, sign, whole, part = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (part.length <= places) return `${sign}${whole}${places ? `.${part.padEnd(places, "0")}` : ""}`;
  const scaled = BigInt(whole + part.slice(0, places)) + (part[places] >= "5" ? 1n : 0n), digits = String(scaled).padStart(places + 1, "0");
  const found = places ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits;
  return /[1-9]/.test(found) ? sign + found : found;
}

/** The decimals of a ratio that give three or four digits of the largest value shown. */
export function places(texts) {
  const most = Math.max(0, ...texts.filter((text) => text !== null && text !== undefined).map((text) => Math.abs(text)));
  return most > 0 ? Math.min(6, Math.max(2, 3 - Math.floor(Math.log10(most)))) : 2;
}

/** The text of a figure. `digits`: decimals of a ratio. */
export function figure(text, name, rollup, { exact = false, digits = 2 } = {}) {
  if (text === null || text === undefined) return "–";
  if (SHARES.has(name)) return exact ? `${100 * text} %` : `${group((100 * text).toFixed(2))} %`;
  if (!PLAIN.test(text)) return Number.isNaN(Number(text)) ? String(text) : group(Number(text).toFixed(digits));
  if (exact) return group(text);
  if (rollup.money.includes(name)) return group(rounded(text, 2));
  return group(rollup.ratios.includes(name) ? Number(text).toFixed(digits) : text);
}

/** A figure with its exact value at hand, where that says more. */
export function shown(text, name, rollup, options) {
  const short = figure(text, name, rollup, options), full = figure(text, name, rollup, { exact: true });
  return short === full ? short : make("data", { value: text, title: full }, short);
}

/** How much a value has changed, of what it was. */
export function changeText(change, now, before) {
  if (change !== null && change !== undefined) {
    const share = 100 * Number(change);
    return `${share > 0 ? "+" : share < 0 ? "−" : "±"}${group(Math.abs(share).toFixed(Math.abs(share) < 100 ? 1 : 0))} %`;
  }
  return Number(before ?? 0) === 0 && now !== null && now !== undefined && Number(now) !== 0 ? "new" : "–";
}

/** The change of a row's value, with what it was. */
export function changed(row, name, rollup, options) {
  const before = row[`${name}_before`];
  if (before === undefined) return null;
  const change = row[`${name}_change`], kind = Number(change) > 0 ? "up" : Number(change) < 0 ? "down" : "";
  return make("small", { class: `change ${kind}`, title: `before: ${figure(before, name, rollup, options)}` }, changeText(change, row[name], before));
}

export const tick = (value, name) => SHARES.has(name) ? `${+(100 * value).toPrecision(3)} %`
  : Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: Math.abs(value) < 10 ? 3 : 1 }).format(value);

export const dayText = (day) => Intl.DateTimeFormat("en", { month: "short", day: "numeric", timeZone: "UTC" }).format(Date.parse(day));

export function agoText(seconds) {
  const units = [[86_400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];
  const [size, unit] = units.find(([least]) => seconds >= least) ?? [1, "second"], count = Math.round(seconds / size);
  return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}
