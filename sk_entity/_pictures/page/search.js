// The search for categories by a part of their name.

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
