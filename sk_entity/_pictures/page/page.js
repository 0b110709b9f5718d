"use strict";
(() => {
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

  // ---- Data

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

  function labelOf(column, choice) {
    if (choice === COUNT) return "training rows";
    if (choice === DEVIATION) return `posterior standard deviation (${column.units.at(-1)})`;
    return `${column.components[choice]} (${column.units[choice]})`;
  }

  // ---- What is shown now

  const state = { column: null, chosen: null, searched: null, nearest: [], groups: [] };
  const withWebgl = (() => {
    const context = document.createElement("canvas").getContext("webgl");
    context?.getExtension("WEBGL_lose_context")?.loseContext();
    return context !== null;
  })();
  const traceType = withWebgl ? "scattergl" : "scatter";

  function options(select, choices, chosen) {
    select.replaceChildren(...choices.map(([value, text]) => make("option", text, { value })));
    select.value = chosen;
  }

  function setUpColumn(place) {
    const column = load(place);
    Object.assign(state, { column, chosen: null, searched: null, nearest: [] });
    const components = column.components.map((name, k) => [String(k), name]);
    const others = [[COUNT, "training rows"], [DEVIATION, "posterior standard deviation"]];
    options(el("horizontal"), [...components, ...others], "0");
    options(el("vertical"), [...components, ...others], column.dim > 1 ? "1" : COUNT);
    options(el("colour"), [...components, ...others], "0");
    const rows = column.counts.reduce((sum, count) => sum + count, 0);
    const nShared = column.sharedKinds.reduce((sum, one) => sum + one, 0);
    const n = nCategories(column) + nShared;
    el("summary").textContent =
      `${column.name}: ${whole(n)} ${n === 1 ? "category" : "categories"} in ${whole(rows)} training rows` +
      (nShared ? `, ${whole(nShared)} of them infrequent` : "");
    clearSearch();
    draw();
    tell();
  }

  // ---- Picture

  function sizes(column) {
    // The rows of all infrequent categories together may be many more than those of any category.
    const first = column.byCount.find((point) => !isSpecial(column, point));
    const largest = column.counts[first ?? 0] || 1;
    const parts = Float64Array.from(column.counts, (count) => Math.min(1, count / largest));
    const together = parts.reduce((sum, part) => sum + part, 0);
    // So large that the points of all rows would cover a sixth of the picture, and so small ones.
    const area = (plot.clientWidth * plot.clientHeight) / 6;
    const most = Math.min(34, Math.max(6, Math.sqrt(area / together)));
    const least = Math.min(most / 4, Math.max(3, Math.sqrt(area / column.size)));
    return parts.map((part) => least + (most - least) * Math.sqrt(part));
  }

  function quantile(sorted, part) {
    return sorted.length ? sorted[Math.round(part * (sorted.length - 1))] : 0;
  }

  function colours(column, choice) {
    const raw = values(column, choice);
    if (choice === COUNT) {
      const logs = Float32Array.from(raw, (count) => Math.log10(Math.max(count, 1)));
      const ticks = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
      return {
        values: logs,
        axis: { colorscale: "Viridis", cmin: 0, cmax: Math.max(...[logs[column.byCount[0]], 1]),
          colorbar: { tickvals: ticks, ticktext: ticks.map((t) => whole(10 ** t)) } },
      };
    }
    // A few categories far from all others are not to take the colours of these.
    const part = column.size > 40 ? 0.97 : 1;
    const sorted = Float32Array.from(raw, Math.abs).sort();
    const most = quantile(sorted, part) || 1;
    if (choice === DEVIATION) return { values: raw, axis: { colorscale: "Viridis", cmin: sorted[0], cmax: most, colorbar: {} } };
    return { values: raw, axis: { colorscale: "RdBu", cmin: -most, cmax: most, colorbar: {} } };
  }

  function traces(column) {
    const drawn = withWebgl ? column.byCount : column.byCount.slice(0, MOST_POINTS_WITHOUT_WEBGL);
    const special = Uint32Array.from({ length: column.special.length }, (_, k) => nCategories(column) + k);
    const own = drawn.filter((point) => !isSpecial(column, point));
    // Larger points come first, so that they hide none.
    state.groups = [
      { name: "not to be trusted", points: own.filter((p) => column.trusted[p] === 0), opacity: 0.3, symbol: "circle" },
      { name: "category", points: own.filter((p) => column.trusted[p] !== 0), opacity: 0.9, symbol: "circle" },
      { name: "no single category", points: special, opacity: 0.9, symbol: "diamond" },
    ].filter((group) => group.points.length > 0);
    const x = values(column, el("horizontal").value), y = values(column, el("vertical").value);
    const size = sizes(column), colour = colours(column, el("colour").value);
    state.drawn = { x, y, size };
    const pick = (array, points) => new Float64Array(points.length).map((_, i) => array[points[i]]);
    const made = state.groups.map((group) => ({
      type: traceType, mode: "markers", name: group.name, hoverinfo: "none",
      x: pick(x, group.points), y: pick(y, group.points),
      marker: {
        size: pick(size, group.points), color: pick(colour.values, group.points), coloraxis: "coloraxis",
        opacity: group.opacity, symbol: group.symbol, line: { width: 0.6, color: "#444b55" },
      },
    }));
    return { made, colour };
  }

  function axis(column, choice, narrow) {
    const label = escaped(labelOf(column, choice));
    return {
      title: { text: narrow ? label.replace(" (", "<br>(") : label, standoff: 8 }, type: choice === COUNT ? "log" : "linear",
      automargin: true, zeroline: choice !== COUNT, zerolinecolor: "#b7bcc4", gridcolor: "#eceef1", tickfont: { size: 11 },
    };
  }

  // plotly reads a few tags in texts.
  function escaped(text) {
    return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  }

  function draw(ranges = null) {
    const { column } = state;
    const { made, colour } = traces(column);
    const narrow = plot.clientWidth < 560;
    const [horizontal, vertical, coloured] = ["horizontal", "vertical", "colour"].map((id) => el(id).value);
    const xaxis = axis(column, horizontal, narrow), yaxis = axis(column, vertical, narrow);
    if (ranges) [xaxis.range, yaxis.range] = ranges;
    const layout = {
      xaxis, yaxis, dragmode: "pan", hovermode: "closest", hoverdistance: 12,
      margin: { l: 10, r: 10, t: 36, b: 10 },
      font: { family: getComputedStyle(document.body).fontFamily, color: "#1b1f24" },
      legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom", font: { size: 11 }, itemsizing: "constant" },
      coloraxis: { ...colour.axis, colorbar: {
        ...colour.axis.colorbar, thickness: 10, outlinewidth: 0, tickfont: { size: 11 }, xpad: 6, len: narrow ? 0.6 : 0.9,
        title: { text: escaped(labelOf(column, coloured)), side: narrow ? "top" : "right", font: { size: 11 } },
      } },
    };
    if (narrow) Object.assign(layout.coloraxis.colorbar, { orientation: "h", y: -0.14, yanchor: "top", len: 0.9 });
    const config = {
      responsive: true, displaylogo: false, scrollZoom: true, doubleClick: "autosize", displayModeBar: !narrow,
      modeBarButtons: [["toImage"], ["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "autoScale2d"]],
    };
    Plotly.react(plot, made, layout, config);
  }

  // ---- Names beside points, and rings around those that are chosen

  let pending = 0;

  function mark() {
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(placeMarks);
  }

  /** Where a value is along an axis, in pixels of the picture; NaN outside of what is shown. */
  function pixel(axis, value) {
    const [low, high] = axis.range, part = ((axis.type === "log" ? Math.log10(value) : value) - low) / (high - low);
    if (!(part >= 0 && part <= 1)) return NaN;
    return axis._offset + (axis._id === "x" ? part : 1 - part) * axis._length;
  }

  function placeMarks() {
    const { xaxis, yaxis } = plot._fullLayout ?? {};
    if (!xaxis) return;
    const { column, chosen, drawn } = state, end = xaxis._offset + xaxis._length, made = [], taken = [];
    const nearest = new Set(state.nearest.map((found) => found.point));
    const context = placeMarks.context ??= document.createElement("canvas").getContext("2d");
    context.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    let nNames = 0, tried = 0;
    for (const point of candidates(chosen === null ? [] : [chosen, ...nearest], column.byCount)) {
      if (nNames >= MOST_NAMES || tried > 400) break;
      const left = pixel(xaxis, drawn.x[point]), top = pixel(yaxis, drawn.y[point]), radius = drawn.size[point] / 2;
      if (Number.isNaN(left + top)) continue;
      tried++;
      const kind = point === chosen ? "chosen" : nearest.has(point) ? "nearest" : "";
      if (kind) made.push(ring(left, top, radius + (point === chosen ? 6 : 4), kind));
      const full = nameOf(column, point), text = full.length > 28 ? `${full.slice(0, 27)}…` : full;
      const from = left + radius + (kind ? 8 : 3), to = from + context.measureText(text).width + 3;
      const box = [from - 2, top - 8, to, top + 8];
      const hidden = to > end || taken.some((b) => box[0] < b[2] && b[0] < box[2] && box[1] < b[3] && b[1] < box[3]);
      if (hidden && point !== chosen) continue;
      taken.push(box);
      nNames++;
      const start = to > end ? left - radius - 8 - (to - from) : from;
      made.push(make("span", text, { class: kind, style: `left:${start}px;top:${top - 7}px` }));
    }
    el("marks").replaceChildren(...made);
  }

  function ring(left, top, radius, kind) {
    const style = `left:${left - radius}px;top:${top - radius}px;width:${2 * radius}px;height:${2 * radius}px`;
    return make("i", "", { class: kind, style });
  }

  function* candidates(first, byCount) {
    yield* first;
    const seen = new Set(first);
    for (const point of byCount) if (!seen.has(point)) yield point;
  }

  // ---- The chosen point

  function nearestOf(column, point) {
    const { vectors, dim, size } = column, best = [];
    for (let i = 0; i < size; i++) {
      if (i === point || isSpecial(column, i)) continue;
      let square = 0;
      for (let k = 0; k < dim; k++) square += (vectors[i * dim + k] - vectors[point * dim + k]) ** 2;
      if (best.length < N_NEAREST || square < best.at(-1).square) {
        let place = best.length;
        while (place > 0 && best[place - 1].square > square) place--;
        best.splice(place, 0, { point: i, square });
        best.length = Math.min(best.length, N_NEAREST);
      }
    }
    return best.map(({ point: found, square }) => ({ point: found, distance: Math.sqrt(square) }));
  }

  function choose(point, { centre = false, searched = null } = {}) {
    const { column } = state;
    Object.assign(state, { chosen: point, searched, nearest: nearestOf(column, point) });
    tell();
    mark();
    if (centre) {
      const [x, y] = centred(point);
      Plotly.relayout(plot, { "xaxis.range": x, "yaxis.range": y });
    }
  }

  const rangesNow = () => [plot._fullLayout.xaxis, plot._fullLayout.yaxis].map((shown) => [...shown.range]);

  function centred(point) {
    const now = rangesNow();
    return ["horizontal", "vertical"].map((id, k) => {
      const choice = el(id).value, [low, high] = now[k];
      const value = values(state.column, choice)[point], at = choice === COUNT ? Math.log10(value) : value;
      return Number.isFinite(at) ? [at - (high - low) / 2, at + (high - low) / 2] : [low, high];
    });
  }

  function facts(column, point) {
    const effects = Array.from({ length: column.n_effects }, (_, k) => [
      column.n_effects === 1 ? "effect" : column.components[k], number(column.vectors[point * column.dim + k])]);
    return [
      ["training rows", whole(column.counts[point])], ...effects,
      ["posterior standard deviation", number(column.deviations[point])], ["trusted", trustOf(column, point)],
    ];
  }

  function list(pairs) {
    const made = make("dl");
    for (const [term, value] of pairs) made.append(make("dt", term), make("dd", value));
    return made;
  }

  function tell() {
    const { column, chosen } = state, shown = [];
    if (chosen !== null) {
      shown.push(make("h2", state.searched ?? nameOf(column, chosen)));
      if (state.searched !== null) {
        const kind = kindOf(column, chosen);
        shown.push(make("p", kind === KIND.infrequent
          ? `It is infrequent, and has its vector in common with all ${nameOf(column, chosen)}. What follows is theirs.`
          : "It is in no training row, and has the vector of unknown values."));
      }
      const axes = Array.from({ length: column.dim - column.n_effects }, (_, k) => k + column.n_effects).map((k) => [
        column.components[k].slice(column.name.length + 1).replaceAll("_", " "), number(column.vectors[chosen * column.dim + k])]);
      shown.push(list([...facts(column, chosen), ...axes]), nearestTable(column));
    } else {
      shown.push(make("p", "Click a point, or find a category by a part of its name, to see what it is like."));
    }
    el("chosen").replaceChildren(...shown);
    const hidden = withWebgl ? 0 : column.size - MOST_POINTS_WITHOUT_WEBGL;
    el("status").textContent = hidden > 0
      ? `This browser has no WebGL: the ${whole(MOST_POINTS_WITHOUT_WEBGL)} most frequent categories are drawn. The search finds all.`
      : "";
  }

  function nearestTable(column) {
    const table = make("table"), head = make("tr");
    table.append(make("caption", "Nearest categories, in all components"));
    head.append(make("th", "category", { scope: "col" }), make("th", "distance", { scope: "col" }), make("th", "rows", { scope: "col" }));
    table.append(head);
    for (const { point, distance } of state.nearest) {
      const row = make("tr"), cell = make("td"), button = make("button", nameOf(column, point), { type: "button" });
      button.addEventListener("click", () => choose(point, { centre: true }));
      cell.append(button);
      row.append(cell, make("td", number(distance)), make("td", whole(column.counts[point])));
      table.append(row);
    }
    return table;
  }

  // ---- Hover

  const pointOf = (event) => {
    const { curveNumber, pointNumber } = event.points[0];
    return state.groups[curveNumber]?.points[pointNumber];
  };

  function hover(event) {
    const point = pointOf(event), tip = el("tip");
    if (point === undefined) return;
    tip.replaceChildren(make("strong", nameOf(state.column, point)), list(facts(state.column, point)));
    tip.hidden = false;
    const { xaxis, yaxis, x, y } = event.points[0], frame = el("picture");
    const left = xaxis._offset + xaxis.d2p(x), top = yaxis._offset + yaxis.d2p(y);
    const right = left + 14 + tip.offsetWidth > frame.clientWidth;
    tip.style.left = `${Math.max(2, right ? left - 14 - tip.offsetWidth : left + 14)}px`;
    tip.style.top = `${Math.max(2, Math.min(top - 10, frame.clientHeight - tip.offsetHeight - 4))}px`;
  }

  // ---- Search

  const plain = (text) =>
    (/^[\0-\x7f]*$/.test(text) ? text : text.normalize("NFKD").replace(/\p{M}/gu, "")).toLowerCase();

  function find(column, query) {
    column.plain ??= [...column.categories, ...column.shared].map(plain);
    const wanted = plain(query.trim()), n = nCategories(column), found = [];
    if (!wanted) return found;
    column.plain.forEach((name, place) => {
      const at = name.indexOf(wanted);
      if (at >= 0) found.push({ place, rank: name === wanted ? 0 : at === 0 ? 1 : 2, count: place < n ? column.counts[place] : 0 });
    });
    return found.sort((a, b) => a.rank - b.rank || b.count - a.count || a.place - b.place);
  }

  function hitOf(column, place) {
    const n = nCategories(column);
    if (place < n) return { point: place, searched: null, text: column.categories[place], note: whole(column.counts[place]) };
    const kind = column.sharedKinds[place - n] ? KIND.infrequent : KIND.unknown;
    return {
      point: n + column.special.indexOf(kind), searched: column.shared[place - n], text: column.shared[place - n],
      note: kind === KIND.infrequent ? "infrequent" : "in no training row",
    };
  }

  const search = { hits: [], active: -1 };

  function showHits() {
    const { column } = state, box = el("hits"), query = el("query");
    const found = find(column, query.value);
    search.hits = found.slice(0, MOST_HITS).map(({ place }) => hitOf(column, place));
    search.active = search.hits.length ? 0 : -1;
    const items = search.hits.map((hit, k) => {
      const item = make("li", "", { role: "option", id: `hit-${k}`, "aria-selected": String(k === 0) });
      item.append(make("span", hit.text), make("span", hit.note));
      // Before the field loses the focus.
      item.addEventListener("mousedown", (event) => { event.preventDefault(); pickHit(k); });
      return item;
    });
    const wanted = query.value.trim() !== "";
    if (wanted && !items.length) items.push(note("no category has this in its name"));
    if (found.length > MOST_HITS) items.push(note(`and ${whole(found.length - MOST_HITS)} more`));
    box.replaceChildren(...items);
    openHits(wanted);
  }

  function note(text) {
    const item = make("li", "", { role: "presentation" });
    item.append(make("span"), make("span", text));
    return item;
  }

  function openHits(open) {
    el("hits").hidden = !open;
    el("query").setAttribute("aria-expanded", String(open));
    if (open && search.active >= 0) el("query").setAttribute("aria-activedescendant", `hit-${search.active}`);
    else el("query").removeAttribute("aria-activedescendant");
  }

  function moveTo(k) {
    if (!search.hits.length) return;
    const items = el("hits").children;
    items[search.active]?.setAttribute("aria-selected", "false");
    search.active = (k + search.hits.length) % search.hits.length;
    items[search.active].setAttribute("aria-selected", "true");
    items[search.active].scrollIntoView({ block: "nearest" });
    openHits(true);
  }

  function pickHit(k) {
    const hit = search.hits[k];
    if (!hit) return;
    openHits(false);
    el("query").value = hit.text;
    choose(hit.point, { centre: true, searched: hit.searched });
  }

  function clearSearch() {
    el("query").value = "";
    search.hits = [];
    el("hits").replaceChildren();
    openHits(false);
  }

  // ---- Events

  el("controls").addEventListener("submit", (event) => event.preventDefault());
  el("column").addEventListener("change", () => setUpColumn(Number(el("column").value)));
  for (const id of ["horizontal", "vertical"]) el(id).addEventListener("change", () => draw());
  el("colour").addEventListener("change", () => draw(rangesNow()));
  el("query").addEventListener("input", showHits);
  el("query").addEventListener("focus", () => { if (search.hits.length) openHits(true); });
  el("query").addEventListener("blur", () => openHits(false));
  el("query").addEventListener("keydown", (event) => {
    const act = {
      ArrowDown: () => moveTo(search.active + 1),
      ArrowUp: () => moveTo(search.active - 1),
      Enter: () => pickHit(search.active),
      Escape: () => openHits(false),
    }[event.key];
    if (act) { event.preventDefault(); act(); }
  });

  options(el("column"), sources.map((source, place) => [String(place), source.dataset.name]), "0");
  setUpColumn(0);
  plot.on("plotly_hover", hover);
  plot.on("plotly_unhover", () => { el("tip").hidden = true; });
  plot.on("plotly_click", (event) => {
    const point = pointOf(event);
    if (point !== undefined) choose(point);
  });
  plot.on("plotly_relayouting", mark);
  plot.on("plotly_relayout", mark);
  plot.on("plotly_afterplot", mark);
})();
