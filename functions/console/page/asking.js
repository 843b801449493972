// Asks for a key, and the API for results.

const KEPT = "cairn-key";

const [base, experiment] = (() => {
  const at = location.pathname.lastIndexOf("/experiments/");
  const rest = location.pathname.slice(at + "/experiments/".length);
  return [location.pathname.slice(0, at), decodeURIComponent(rest.replace(/\/$/, ""))];
})();
const address = `${base}/v1/experiments/${encodeURIComponent(experiment)}`;

const found = (id) => document.getElementById(id);
const ask = found("ask"), actions = found("actions"), article = found("results");
const complaint = found("complaint"), waiting = found("waiting"), again = found("again");

const shown = (element, yes) => { element.hidden = !yes; };

function complain(text) {
  complaint.textContent = text;
  shown(complaint, true);
}

async function asked(path, method = "GET") {
  const answer = await fetch(path, {
    method,
    headers: { "x-api-key": sessionStorage.getItem(KEPT) },
    cache: "no-store",
    credentials: "omit",
  });
  const told = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(told.detail), { status: answer.status });
  return told;
}

async function show(work) {
  shown(ask, false);
  shown(complaint, false);
  shown(waiting, true);
  again.disabled = true;
  try {
    await work();
    const view = await asked(`${address}/results`);
    article.replaceChildren(...page(view).filter((each) => each !== null));
    document.title = `${view.experiment} · Cairn`;
    shown(article, true);
    shown(actions, true);
  } catch (error) {
    if (error.status === 401 || error.status === 403) forget();
    else shown(actions, true);
    complain(error.message || "The API does not answer.");
  } finally {
    shown(waiting, false);
    again.disabled = false;
  }
}

function forget() {
  sessionStorage.removeItem(KEPT);
  article.replaceChildren();
  shown(article, false);
  shown(actions, false);
  shown(ask, true);
}

ask.addEventListener("submit", (event) => {
  event.preventDefault();
  const field = found("key");
  sessionStorage.setItem(KEPT, field.value.trim());
  field.value = "";
  return show(async () => {});
});
again.addEventListener("click", () => show(() => asked(`${address}/analysis`, "POST")));
found("forget").addEventListener("click", () => { shown(complaint, false); forget(); });

if (sessionStorage.getItem(KEPT)) show(async () => {});
else shown(ask, true);
