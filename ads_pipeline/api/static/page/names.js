// Names of values: those that answers had beside the values, for people who know no ids.

import { named } from "./dom.js";

const known = new Map();

/** Remember the names that stand in rows. */
export function remember(rows, columns) {
  for (const row of rows) for (const column of columns) if (row[`${column}_name`]) known.set(`${column}=${row[column]}`, row[`${column}_name`]);
}

/** The name of a value where one is known, else the value. */
export const nameOf = (column, value) => known.get(`${column}=${value}`) ?? named(value);

/** The name with the value behind it, where one is known. */
export const bothOf = (column, value) => (known.has(`${column}=${value}`) ? `${nameOf(column, value)} (${value})` : named(value));
