// The points of a column, drawn by plotly.

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
  const components = column.components.map((_, k) => [String(k), shortName(column, k)]);
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
