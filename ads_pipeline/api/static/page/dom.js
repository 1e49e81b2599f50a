// What the page is made of: elements by tag, attributes and children; texts are always texts, never markup.

export const $ = (id) => document.getElementById(id);

/** An element; an attribute that is true has no value, one that is false or null is left out. */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") made.addEventListener("click", value);
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export const button = (text, onclick, attributes = {}) => make("button", { type: "button", ...attributes, onclick }, text);

/** What stands between backticks is for a terminal. */
export const prose = (text) => text.split("`").map((part, place) => (place % 2 ? make("code", {}, part) : part));

/** A value of a dimension, for people. */
export const named = (value) => (value === "" || value === null || value === undefined ? "(none)" : String(value));

export function say(text, kind = "") {
  $("note").replaceChildren(...prose(text));
  $("note").className = kind;
}

const SHORT = 19; // characters of a text that is not broken: a time

/** A table with a caption; the row that begins with `last` is its total. */
export function block(title, columns, rows, last) {
  if (!rows.length) return null;
  const numeric = columns.map((_, place) => place > 0 && rows.every((row) => /^(-?[\d,.]*|–)$/.test(row[place] ?? "")));
  const kindOf = (text, place) => (numeric[place] ? "number" : String(text ?? "").length <= SHORT ? "short" : "");
  const cell = (text, place) => make(place ? "td" : "th", { class: kindOf(text, place), scope: place ? null : "row" }, place ? text ?? "" : named(text));
  return make("table", {}, make("caption", {}, title),
    make("thead", {}, make("tr", {}, columns.map((name, place) => make("th", { scope: "col", class: numeric[place] ? "number" : "" }, name)))),
    make("tbody", {}, rows.map((row) => make("tr", { class: row[0] === last ? "total" : "" }, row.map(cell)))));
}
