// The point that is chosen, its neighbours, and the point below the pointer.

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
      shortName(column, k), number(column.vectors[chosen * column.dim + k])]);
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
