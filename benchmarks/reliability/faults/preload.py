"""This module imports what works import late, for the process that others are forked from."""

import pandas as pd  # noqa: F401
import pyarrow.parquet  # noqa: F401
import skorch.callbacks  # noqa: F401
import torch

# A thread that runs when a process is forked does not run in the fork.
torch.set_num_threads(1)
