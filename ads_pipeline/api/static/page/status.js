// The header: how fresh and how sound the data is, each a link to what it means.

import { $, make, prose } from "./dom.js";
import { agoText, group } from "./figures.js";
import { daysBetween } from "./state.js";

const TOO_MUCH = 0.05; // of the records in quarantine, as the check `quarantined_share` has it

export function showStatus(status, rollup) {
  const item = (target, text, state = "") => make("li", { class: state }, make("a", { href: `#means-${target}` }, text));
  const items = [item("until", rollup?.last_day ? `data until ${rollup.last_day}${behind(status, rollup)}` : "no data yet")];
  if (status) {
    const loaded = status.last_loaded && Math.max(0, (Date.now() - Date.parse(zoned(status.last_loaded))) / 1000);
    items.push(item("loaded", status.last_loaded ? `loaded ${agoText(Math.max(1, loaded))}` : "nothing loaded yet"));
    if (status.failed_drops !== null) {
      const failed = Number(status.failed_drops), share = Number(status.quarantined_share), failing = status.failing.length;
      items.push(item("failed", failed ? `${group(String(failed))} failed ${failed === 1 ? "drop" : "drops"}` : "no failed drop", failed ? "bad" : ""));
      items.push(item("quarantine", `${(100 * share).toFixed(share && share < 0.001 ? 3 : 1)} % in quarantine`, share > TOO_MUCH ? "warn" : ""));
      const worst = status.failing.some(({ severity }) => severity === "error") ? "bad" : failing ? "warn" : "";
      items.push(item("checks", failing ? `${failing} failing ${failing === 1 ? "check" : "checks"}` : `${status.checks} checks pass`, worst));
    }
    fillFailing(status);
  }
  $("status").replaceChildren(...items);
}

/** A time of the engine has no zone: it is UTC. */
const zoned = (text) => (/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`);

function behind(status, rollup) {
  const days = status ? daysBetween(rollup.last_day, status.today) : 0;
  return days === 0 && status ? " (today, so far)" : days > 1 ? ` (${days} days ago)` : "";
}

function fillFailing({ failing, failed_drops: told }) {
  const lines = (failing ?? []).map(({ name, severity, description, remedy, at }) => make("li", { class: severity === "error" ? "bad" : "warn" },
    make("b", {}, name), ` (${severity}, ran ${agoText(Math.max(1, (Date.now() - Date.parse(zoned(at))) / 1000))}): ${description} `, prose(remedy && `To do: ${remedy}.`)));
  $("failing").replaceChildren(...lines);
  $("failing").hidden = !lines.length;
  for (const part of document.querySelectorAll(".of-all")) part.hidden = told === null;
}
