// Elements and numbers. What the API says becomes text nodes and attributes, never markup.

const SVG = "http://www.w3.org/2000/svg";

function filled(element, attributes, children) {
  for (const [attribute, value] of Object.entries(attributes)) {
    element.setAttribute(attribute, String(value));
  }
  element.append(...children.flat(Infinity).filter((each) => each !== null && each !== ""));
  return element;
}
const make = (tag, attributes = {}, ...children) =>
  filled(document.createElement(tag), attributes, children);
const draw = (tag, attributes = {}, ...children) =>
  filled(document.createElementNS(SVG, tag), attributes, children);
const soft = (...children) => make("p", { class: "soft" }, ...children);
const tag = ([text, mood]) => make("span", { class: `tag ${mood}` }, text);
const list = (items) => (items.length ? make("ul", {}, items.map((each) => make("li", {}, each))) : null);
const facts = (pairs) =>
  make("dl", {}, pairs.filter((each) => each && each[1] !== null).map(([term, text]) =>
    make("div", {}, make("dt", {}, term), make("dd", {}, text))));

const count = (value) => new Intl.NumberFormat("en").format(Math.round(value));
const plain = (value) => new Intl.NumberFormat("en", { maximumSignificantDigits: 4 }).format(value);
const share = (value) => {
  const digits = Math.abs(value) < 0.1 ? 2 : 1;
  return `${(value * 100).toFixed(digits)}%`;
};
const signed = (value) => (value > 0 ? `+${share(value)}` : share(value).replace("-", "−"));
const short = (text) => (text.length > 32 ? `${text.slice(0, 31)}…` : text);
const chance = (p) => (p < 0.0001 ? "< 0.0001" : p.toPrecision(2));
const moment = (text) =>
  new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" })
    .format(new Date(text)) + " UTC";
const day = (text) =>
  new Intl.DateTimeFormat("en", { dateStyle: "medium", timeZone: "UTC" }).format(new Date(text));
const mean = (metric, arm) => {
  if (arm.mean === null) return "undefined";
  if (metric.type === "proportion") return share(arm.mean);
  if (metric.type === "duration") return `${plain(arm.mean / 1000)} s`;
  return plain(arm.mean);
};
