// What the page holds: the columns, and what is said of a point.

const MOST_HITS = 50;
const N_NEAREST = 10;
const MOST_NAMES = 40;
// Without WebGL each point is an element of the page.
const MOST_POINTS_WITHOUT_WEBGL = 5000;
const COUNT = "count", DEVIATION = "deviation";
const KIND = { infrequent: "infrequent", missing: "missing", unknown: "unknown" };

const el = (id) => document.getElementById(id);
const plot = el("plot");
const number = (value, digits = 3) =>
  Number.isFinite(value) ? value.toLocaleString("en", { maximumSignificantDigits: digits }) : "not known";
const whole = (value) => value.toLocaleString("en");

function make(tag, text = "", attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function unpack(text, kind) {
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return new kind(bytes.buffer);
}

const sources = [...document.querySelectorAll("script.column")];
const loaded = new Map();

function load(place) {
  if (!loaded.has(place)) loaded.set(place, read(JSON.parse(sources[place].textContent)));
  return loaded.get(place);
}

function read(data) {
  const column = {
    ...data,
    counts: unpack(data.count, Uint32Array),
    deviations: unpack(data.deviation, Float32Array),
    trusted: unpack(data.trusted, Int8Array),
    vectors: unpack(data.vectors, Float32Array),
    sharedKinds: unpack(data.shared_kinds, Uint8Array),
  };
  column.size = column.counts.length;
  column.dim = column.components.length;
  column.byCount = Uint32Array.from(column.counts.keys()).sort((a, b) => column.counts[b] - column.counts[a]);
  return column;
}

const nCategories = (column) => column.categories.length;
const isSpecial = (column, point) => point >= nCategories(column);
const kindOf = (column, point) => (isSpecial(column, point) ? column.special[point - nCategories(column)] : "category");
const component = (column, k) => new Float32Array(column.size).map((_, i) => column.vectors[i * column.dim + k]);

function nameOf(column, point) {
  const kind = kindOf(column, point);
  if (kind === KIND.infrequent) {
    return `${whole(column.sharedKinds.reduce((sum, one) => sum + one, 0))} infrequent categories`;
  }
  if (kind === KIND.missing) return "missing cells";
  if (kind === KIND.unknown) return "unknown values";
  return column.categories[point] || "(empty text)";
}

function trustOf(column, point) {
  return { 1: "yes", 0: "no" }[column.trusted[point]] ?? "not known";
}

function values(column, choice) {
  if (choice === COUNT) return Float64Array.from(column.counts);
  if (choice === DEVIATION) return column.deviations;
  return component(column, Number(choice));
}

/** A component beside the name of its column, such as "axis 1". */
const shortName = (column, k) => column.components[k].slice(column.name.length + 1).replaceAll("_", " ");

function labelOf(column, choice) {
  if (choice === COUNT) return "training rows";
  if (choice === DEVIATION) return `posterior standard deviation (${column.units.at(-1)})`;
  return `${column.components[choice]} (${column.units[choice]})`;
}
