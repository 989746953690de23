// The whole script of the dashboard. Every page works without it; with it, what is new comes by itself, and keys work.
// Nothing here makes HTML out of data: parts of a page come from the same address as the page, made by the same template.

const announce = document.getElementById("announce");
const shown = new Map(); // id of a live part -> its HTML as the server made it
const GONE = [401, 404]; // signed out; forgotten, or retired
let stream, waiting, fetching = false, skipped = false;

for (const part of document.querySelectorAll("[data-live]")) shown.set(part.id, part.outerHTML);

// ---- what is new

function listen() {
  if (document.hidden || stream || !document.querySelector("[data-live], [data-pill]")) return;
  stream = new EventSource(`/live?since=${document.body.dataset.since ?? ""}`);
  stream.onmessage = (event) => news(JSON.parse(event.data).topic);
  stream.onerror = () => { // while the server restarts the browser tries again; else: signed out, or no room
    if (stream?.readyState !== EventSource.CLOSED) return;
    stream = undefined;
    renew();
    setTimeout(listen, 30_000);
  };
}

function news(topic) {
  for (const pill of document.querySelectorAll(`[data-pill~="${CSS.escape(topic)}"]`)) pill.hidden = false;
  if (document.querySelector(`[data-live~="${CSS.escape(topic)}"]`)) soon();
}

function soon() { // at most every two seconds, however much there is
  waiting ??= setTimeout(() => { waiting = undefined; renew(); }, Number(document.body.dataset.pace ?? 2000));
}

async function renew() {
  if (document.hidden) return;
  if (fetching) return soon();
  fetching = true;
  try {
    const answer = await fetch(location.href, { headers: { "X-Part": "1" } }); // where a form led: on to its page
    if (GONE.includes(answer.status)) return location.reload();
    if (answer.ok) replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch { /* the server restarts: the stream opens again by itself */ } finally { fetching = false; }
}

function replace(page) {
  document.body.dataset.since = page.body.dataset.since ?? "";
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(part.id);
    if (!fresh) return location.reload(); // it is another page now
    if (shown.get(part.id) === fresh.outerHTML) continue;
    if (part.contains(document.activeElement) || begun(part)) { skipped = true; continue; } // until it is left
    shown.set(part.id, fresh.outerHTML);
    const open = [...part.querySelectorAll("details[open]")].map((each) => each.id);
    part.replaceWith(document.importNode(fresh, true));
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (fresh.dataset.say) announce.textContent = fresh.dataset.say; // only what asks for somebody
  }
}

function begun(part) { // somebody has typed there
  return [...part.querySelectorAll("input, textarea")].some((field) => field.value !== field.defaultValue);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) { stream?.close(); stream = undefined; } else { listen(); renew(); }
});
document.addEventListener("focusout", () => { if (skipped) { skipped = false; soon(); } });
addEventListener("pagehide", () => stream?.close());

// ---- forms: a button is pressed once

document.addEventListener("submit", (event) => {
  if (event.target.method === "dialog") return;
  if (event.target.dataset.sent) return event.preventDefault();
  if (event.target.method === "post") event.target.dataset.sent = "1";
});
addEventListener("pageshow", () => { for (const form of document.forms) delete form.dataset.sent; });

// ---- keys: never while a field has the focus

let first = "";
document.addEventListener("keydown", (event) => {
  const field = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "Escape") return field?.blur();
  if (field || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "?") { event.preventDefault(); return document.getElementById("keys")?.showModal(); }
  if (event.key === "j" || event.key === "k") return step(event.key === "j" ? 1 : -1);
  const keys = first ? `${first} ${event.key}` : event.key;
  first = event.key === "g" && !first ? "g" : "";
  const found = document.querySelector(`[data-key="${CSS.escape(keys)}"]`);
  if (!found) return;
  event.preventDefault();
  found.matches("input") ? found.focus() : found.click();
});

function step(by) {
  const rows = [...document.querySelectorAll("[data-row]")].map((row) => row.querySelector("a") ?? row).filter((row) => row.href);
  const at = rows.indexOf(document.activeElement);
  rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + by))]?.focus();
}

listen();
