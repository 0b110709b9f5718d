"""What to do about a parameter that cannot be stored."""

from typing import Any

from .._shown import shortened, shown
from .objects import NotStorableError

# Where the parameter can be set to something that means the same.
INSTEAD = {
    "callbacks": "None",
    "cv": "5",
    "random_state": "0",
    "categorical_features": "a list of names or positions",
    "embedding_dim": "a number or a dict of numbers by column",
}

# Characters of code in the message.
LONGEST_CODE = 500


def explain(estimator: Any, error: NotStorableError) -> str:
    """Say which parameter it is and how to save without it.

    Parameters
    ----------
    estimator : estimator
        That was to be saved.
    error : NotStorableError
    """
    names = [name for name in error.path if not name.startswith("[")]
    owner, place = estimator, "estimator"
    while len(names) > 1 and names[0] in ("estimator", "estimator_"):
        owner = getattr(owner, names[0])
        place += f".{names.pop(0)}"
    name = names[0] if names else "estimator"
    value = " ".join(shown(error.value).split())
    said = f"{shortened('.'.join(error.path))} is {value}, which cannot be stored without code. "
    if name not in getattr(owner, "get_params", dict)():
        return said + "Use a plain value, a list, a dict, an array or a pandas table of numbers."
    learned = _learned(owner, name)
    if learned is None or len(learned) > LONGEST_CODE:
        learned = INSTEAD.get(name, "a plain value")
    return (
        f"The parameter {said}Vectors and predictions do not depend on it any more: use "
        f"{place}.set_params({name}={learned}), then save again."
    )


def _learned(owner: Any, name: str) -> str | None:
    """What the parameter has come to in `fit`."""
    if not hasattr(owner, "state_"):
        return None
    network = getattr(owner.state_, "network", owner.state_)
    if name == "categorical_features":
        return repr([column.name for column in network.coder.categorical])
    if name == "embedding_dim":
        return repr({column.name: column.table.dim for column in network.columns})
    return None
