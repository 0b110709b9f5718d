"""A graph of ONNX nodes that grows node by node."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from onnx import AttributeProto, NodeProto, TensorProto, helper, numpy_helper

ML = "ai.onnx.ml"
# What the nodes mean is fixed by these versions; later ones do not change it.
ML_VERSION = 3
LEAST_OPSET = 13
# What protobuf can write, less some room for the nodes themselves.
MOST_BYTES = 2**31 - 2**20


class Graph:
    """Nodes and constants, each of which has a name of its own.

    Parameters
    ----------
    unique_name : callable (str) -> str
        Makes a name that is not in use from one that may be.

    Attributes
    ----------
    nodes : list of onnx.NodeProto
        In the order of computation.
    initializers : list of onnx.TensorProto
        Constants, one for each distinct array.
    """

    def __init__(self, unique_name: Callable[[str], str]):
        self.nodes: list[NodeProto] = []
        self.initializers: list[TensorProto] = []
        self._unique_name = unique_name
        self._constants: dict[int, tuple[np.ndarray, str]] = {}
        self._n_bytes = 0

    def add(self, op: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output; return the name of the output."""
        return self._append(helper.make_node(op, inputs, [""], domain=domain, **attributes))

    def constant(self, value: np.ndarray) -> str:
        """Return the name of a constant; the same array is stored once."""
        if id(value) not in self._constants:
            self._count(value.nbytes)
            name = self._unique_name("constant")
            self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
            # The array is kept, so that no other one takes its place in memory.
            self._constants[id(value)] = value, name
        return self._constants[id(value)][1]

    def integers(self, *values: int) -> str:
        """Return the name of a constant list of integers, such as axes or a shape."""
        return self.constant(np.array(values, dtype=np.int64))

    def look_up(self, x: str, keys: list, values: np.ndarray) -> str:
        """Find the value of each key; that of other cells is 0.

        Parameters
        ----------
        x : str
            Strings, int64 or float32.
        keys : list of str, int or float
        values : ndarray of int64 or float32
        """
        if not keys:  # a node without keys is not valid
            return self._zeros(x, values.dtype)
        of_keys = {str: "keys_strings", int: "keys_int64s", float: "keys_floats"}[type(keys[0])]
        whole = values.dtype.kind == "i"
        of_values = "values_int64s" if whole else "values_floats"
        default: dict[str, Any] = {"default_int64": 0} if whole else {"default_float": 0.0}
        node = helper.make_node("LabelEncoder", [x], [""], domain=ML, **default)
        node.attribute.append(self._list_attribute(of_keys, keys))
        node.attribute.append(self._list_attribute(of_values, values.tolist()))
        return self._append(node)

    def cast(self, x: str, type_: int) -> str:
        """Convert to another type of tensor."""
        return self.add("Cast", x, to=type_)

    def concat(self, values: Iterable[str], axis: int) -> str:
        """Put tensors side by side; a single one stays what it is."""
        values = list(values)
        return values[0] if len(values) == 1 else self.add("Concat", *values, axis=axis)

    def output(self, value: str, name: str) -> None:
        """Give a value the name of an output."""
        self.nodes.append(helper.make_node("Identity", [value], [name]))

    def _zeros(self, x, dtype):
        zero = numpy_helper.from_array(np.zeros(1, dtype))
        return self.add("ConstantOfShape", self.add("Shape", x), value=zero)

    def _list_attribute(self, name, values):
        """A list as an attribute; `make_node` would look at each item."""
        attribute = AttributeProto(name=name)
        if isinstance(values[0], str):
            values = [value.encode() for value in values]
            attribute.type = AttributeProto.STRINGS
            attribute.strings.extend(values)
            self._count(sum(map(len, values)))
        elif isinstance(values[0], int):
            attribute.type = AttributeProto.INTS
            attribute.ints.extend(values)
        else:
            attribute.type = AttributeProto.FLOATS
            attribute.floats.extend(values)
        self._count(2 * len(values))  # at least
        return attribute

    def _append(self, node):
        node.output[0] = self._unique_name(node.op_type.lower())
        node.name = node.output[0]
        self.nodes.append(node)
        return node.output[0]

    def _count(self, n_bytes):
        self._n_bytes += n_bytes
        if self._n_bytes > MOST_BYTES:
            raise ValueError(
                "The model does not fit into an ONNX file, which holds at most 2 GiB. Fit it with "
                "fewer rows of vectors (min_frequency, max_categories) or with shorter ones "
                "(embedding_dim)."
            )
