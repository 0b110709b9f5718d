"""Which outputs a network has, and in which unit effects and axes are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._shown import listed, shown
from .._target.classification import ClassificationTarget
from .._vectors.encoded_column import EncodedColumn

_UNITS = {"identity": "standard deviations of {}", "log": "log of {}", "logit": "log-odds of {}"}


@dataclass(frozen=True)
class Outputs:
    """The outputs of a network, in words.

    Attributes
    ----------
    values : list
        What a user calls each: its class, or its position in y.
    names : list of str
        How a label calls each.
    unit : str
        That of effects and axes, with a place for the name.
    """

    values: list[Any]
    names: list[str]
    unit: str

    @classmethod
    def of(cls, target: Any) -> Outputs:
        """Describe the outputs of a `RegressionTarget` or `ClassificationTarget`."""
        unit = _UNITS[target.link]
        if isinstance(target, ClassificationTarget):
            classes = target.classes[-target.n_outputs :].tolist()
            return cls(classes, [f"class {value!r}" for value in classes], unit)
        values = list(range(target.n_outputs))
        names = ["y"] if len(values) == 1 else [f"y[:, {k}]" for k in values]
        return cls(values, names, unit)

    def position(self, target: Any) -> int:
        """Find the output that a user means; None is the first.

        Raises
        ------
        ValueError
            If there is no such output.
        """
        if target is None:
            return 0
        value = target.item() if isinstance(target, np.generic) else target
        if value not in self.values:
            raise ValueError(
                f"There is no target={shown(target)}: the outputs are {listed(self.values)}."
            )
        return self.values.index(value)

    def unit_of(self, output: int) -> str:
        """Return the unit of an effect on one output."""
        return self.unit.format(self.names[output])

    def units_of(self, column: EncodedColumn) -> list[str]:
        """Return the unit of each component of a column."""
        n_axes = column.table.shape[1] - column.n_effects
        return [*map(self.unit_of, range(column.n_effects)), *[self.unit_of_axes] * n_axes]

    @property
    def unit_of_axes(self) -> str:
        """The unit of coordinates, which are about all outputs."""
        name = self.names[0] if len(self.names) == 1 else "the outputs"
        return self.unit.format(name)
