// The API: answers of the service, or the last ones while it is busy; numbers keep every digit.

const KEY = "ads-api-key", LAST = "ads-last:", MOST = 300_000, DAY = 86_400;

export const hasKey = () => Boolean(sessionStorage.getItem(KEY));

export function useKey(key) {
  forgetKey();
  sessionStorage.setItem(KEY, key);
}

export function forgetKey() {
  for (const name of Object.keys(sessionStorage)) if (name === KEY || name.startsWith(LAST)) sessionStorage.removeItem(name);
}

/** JSON whose numbers stay the text they were sent as: a double would lose digits of money and large counts. */
export const parse = (text) => JSON.parse(text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (part) => (part[0] === '"' ? part : `"${part}"`)));

/** A request; throws an Error with `status`, and `retry` (seconds) where it is worth another try. */
async function ask(path, accept, signal) {
  const key = sessionStorage.getItem(KEY);
  const headers = { Accept: accept, "Cache-Control": `max-stale=${DAY}`, ...(key && { Authorization: `Bearer ${key}` }) };
  const answer = await fetch(path, { headers, signal, cache: "no-store" }).catch((error) => {
    throw signal?.aborted ? error : Object.assign(new Error("The service does not answer: is `ads serve` running?"), { status: 0, retry: 5 });
  });
  if (answer.ok) return answer;
  const { status, statusText } = answer;
  const { detail = `The service answered ${status} ${statusText}` } = await answer.json().catch(() => ({}));
  const retry = [429, 503].includes(status) ? Number(answer.headers.get("Retry-After")) || 5 : undefined;
  throw Object.assign(new Error(detail), { status, retry });
}

/** What is asked for, with `age` (seconds; 0 is new); while nobody can answer, what this tab was told last. */
export async function read(path, signal) {
  try {
    const answer = await ask(path, "application/json", signal), text = await answer.text(), age = Number(answer.headers.get("Age")) || 0;
    remember(path, text, Date.now() - 1000 * age);
    return { found: parse(text), age: answer.headers.has("Age") ? Math.max(1, age) : 0 };
  } catch (error) {
    const last = error.retry && sessionStorage.getItem(LAST + path);
    if (!last) throw error;
    const place = last.indexOf("\n");
    return { found: parse(last.slice(place + 1)), age: Math.max(1, Math.round((Date.now() - Number(last.slice(0, place))) / 1000)) };
  }
}

/** A file of what is asked for. */
export const readFile = async (path, media) => (await ask(path, media)).blob();

function remember(path, text, at) {
  if (text.length > MOST) return;
  try {
    sessionStorage.setItem(LAST + path, `${at}\n${text}`);
  } catch { // no room is left: begin again
    for (const name of Object.keys(sessionStorage)) if (name.startsWith(LAST)) sessionStorage.removeItem(name);
  }
}
