// Opens the page of an experiment in the least of a browser: it has elements, attributes and text,
// and nothing that could make markup of a text. Prints what stands there after each step.

import vm from "node:vm";

const [script, told] = process.argv.slice(2);
const answers = JSON.parse(told);

class Element {
  constructor(tag) {
    Object.assign(this, { tag, attributes: {}, children: [], listeners: {}, hidden: false, value: "" });
  }
  setAttribute(name, value) {
    this.attributes[name] = value;
  }
  append(...children) {
    this.children.push(...children);
  }
  replaceChildren(...children) {
    this.children = children;
  }
  addEventListener(name, listener) {
    this.listeners[name] = listener;
  }
  set textContent(text) {
    this.children = [String(text)];
  }
  get textContent() {
    return this.children.map((each) => each.textContent ?? each).join(" ");
  }
  get all() {
    return [this, ...this.children.flatMap((each) => each.all ?? [])];
  }
}

const ids = ["ask", "actions", "results", "complaint", "waiting", "again", "forget", "key"];
const elements = Object.fromEntries(ids.map((id) => [id, new Element(id)]));
for (const id of ["ask", "actions", "results", "complaint", "waiting"]) elements[id].hidden = true;
const kept = new Map();
const asked = [];

vm.runInNewContext(script, {
  document: {
    getElementById: (id) => elements[id],
    createElement: (tag) => new Element(tag),
    createElementNS: (_, tag) => new Element(tag),
  },
  location: { pathname: "/stage/experiments/headline" },
  sessionStorage: {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => kept.set(name, value),
    removeItem: (name) => kept.delete(name),
  },
  fetch: async (path, { method, headers }) => {
    asked.push([method, path, headers["x-api-key"]]);
    const { status, body } = answers.shift();
    return { ok: status < 400, status, json: async () => body };
  },
  Intl,
});

const state = () => ({
  text: elements.results.textContent,
  complaint: elements.complaint.hidden ? null : elements.complaint.textContent,
  asks: !elements.ask.hidden,
  acts: !elements.actions.hidden,
  kept: kept.size,
  tags: [...new Set(elements.results.all.map((each) => each.tag))].sort(),
  courses: elements.results.all.filter((each) => each.tag === "polyline").length,
  drawn: elements.results.all.flatMap((each) => Object.values(each.attributes)),
});

const steps = [state()];
elements.key.value = " sk_1 ";
await elements.ask.listeners.submit({ preventDefault() {} });
steps.push(state());
if (answers.length) {
  await elements.again.listeners.click();
  steps.push(state());
}
elements.forget.listeners.click();
steps.push(state());
console.log(JSON.stringify({ steps, asked }));
