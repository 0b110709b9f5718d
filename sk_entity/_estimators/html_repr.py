"""What an estimator has learned, in a few lines of HTML for a notebook."""

from html import escape
from typing import Any

from .._table.vocabulary import INFREQUENT
from .state import FittedEncoder, FittedNetwork

# Columns that the table shows.
_MOST_COLUMNS = 20

# Colours are the notebook's own, light or dark.
_STYLE = (
    ".sk-entity-learned{font-size:.9em;margin:.3em .4em;color:inherit}"
    ".sk-entity-learned summary{cursor:pointer}"
    ".sk-entity-learned p{margin:.3em 0}"
    ".sk-entity-learned table{border-collapse:collapse;margin:.3em 0;color:inherit}"
    ".sk-entity-learned th,.sk-entity-learned td{padding:.15em .8em .15em 0;text-align:right;"
    "border:0;border-bottom:1px solid rgba(128,128,128,.4);background:none}"
    ".sk-entity-learned th:first-child,.sk-entity-learned td:first-child{text-align:left}"
)


def learned_html(state: FittedNetwork | FittedEncoder) -> str:
    """Describe columns, rows and training; every name is escaped."""
    network = state.network if isinstance(state, FittedEncoder) else state
    shown = network.columns[:_MOST_COLUMNS]
    table: dict[str, list[Any]] = {
        "column": [_named(network, k) for k in range(len(shown))],
        "categories": [len(column.vocabulary.categories) for column in shown],
        "infrequent": [int((column.vocabulary.rows == INFREQUENT).sum()) for column in shown],
        "hashed rows": [column.vocabulary.n_hashed for column in shown],
        "dimensions": [column.table.dim for column in shown],
    }
    for name in "infrequent", "hashed rows":
        if not any(table[name]):
            del table[name]
    if isinstance(state, FittedEncoder):
        table["components"] = [column.table.shape[1] for column in state.columns[:_MOST_COLUMNS]]
    n_more = len(network.columns) - len(shown)
    return (
        f'<style>{_STYLE}</style><details class="sk-entity-learned" open>'
        f"<summary>What was learned</summary><p>{_training(network)}</p>"
        f"{_table(table) if shown else ''}"
        f"{f'<p>… and {n_more:,} more categorical columns</p>' if n_more else ''}</details>"
    )


def _named(network: FittedNetwork, k: int) -> str:
    """Name of a categorical column, and how it is special."""
    columns = network.coder.categorical
    notes = ["lists"] if columns[k].holds_lists else []
    if columns[k].owner != k:
        notes.append(f"table of {columns[columns[k].owner].name}")
    return f"{columns[k].name} ({', '.join(notes)})" if notes else str(columns[k].name)


def _training(network: FittedNetwork) -> str:
    """Rows, epochs, seconds and losses, in a sentence or two."""
    history = network.history
    n_numeric = len(network.coder.numerical)
    text = f"{_several(network.n_samples, 'training row')}, {_several(n_numeric, 'numeric column')}"
    text += f", {_several(network.n_iter, 'epoch')}"
    if network.best_iter != network.n_iter:
        text += f" (best: {network.best_iter:,})"
    if "seconds" in history:
        seconds = history["seconds"].sum()
        text += f" in {seconds:,.{0 if seconds >= 10 else 1}f} s"
    losses = [
        f"{history.at[network.best_iter, column]:.4g} in {rows}"
        for column, rows in (("train_loss", "training"), ("valid_loss", "validation"))
        if column in history
    ]
    return f"{text}. Loss: {', '.join(losses)}."


def _several(n: int, thing: str) -> str:
    return f"{n:,} {thing}{'' if n == 1 else 's'}"


def _table(columns: dict[str, list[Any]]) -> str:
    head = "".join(f"<th>{name}</th>" for name in columns)
    rows = zip(*columns.values(), strict=True)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Any) -> str:
    return f"<td>{escape(value) if isinstance(value, str) else f'{value:,}'}</td>"
