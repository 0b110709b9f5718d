// What starts it all, when all is defined.

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
