// Names beside points, and rings around those that are chosen.

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
