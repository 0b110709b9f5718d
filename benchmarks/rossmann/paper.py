"""This module is the network of Guo & Berkhahn (2016) in torch, to be read beside their paper.

    Entity Embeddings of Categorical Variables, https://arxiv.org/abs/1604.06737

Nothing of sk-entity is in it. Each column is looked up in a table, the vectors are laid side
by side, and two dense layers and a sigmoid follow. The target is the logarithm of the sales
over the largest one to learn from, the error is the mean absolute one, and all rows train.
What the paper leaves open is as Keras had it: how weights start, and the order of the rows.
"""

import numpy as np
import torch
from torch import nn

DIMENSIONS = {
    "Store": 10,
    "DayOfWeek": 6,
    "Promo": 1,
    "Year": 2,
    "Month": 6,
    "Day": 10,
    "State": 6,
}
WIDTHS = (1000, 500)
LEARNING_RATE = 1e-3
ROWS_PER_STEP = 128
EPOCHS = 10


class Network(nn.Module):
    """Tables, two dense layers and a sigmoid, from the number of levels of each column."""

    def __init__(self, n_levels, generator):
        super().__init__()
        self.tables = nn.ModuleDict(
            {name: nn.Embedding(n_levels[name], width) for name, width in DIMENSIONS.items()}
        )
        first, second = WIDTHS
        self.layers = nn.Sequential(
            nn.Linear(sum(DIMENSIONS.values()), first),
            nn.ReLU(),
            nn.Linear(first, second),
            nn.ReLU(),
            nn.Linear(second, 1),
            nn.Sigmoid(),
        )
        self.apply(lambda layer: _start(layer, generator))

    def forward(self, codes):
        """The share of the largest logarithm, for each row of codes."""
        columns = zip(self.tables.values(), codes.unbind(dim=1), strict=True)
        vectors = [table(column) for table, column in columns]
        return self.layers(torch.cat(vectors, dim=1)).squeeze(1)


def _start(layer, generator):
    """Keras' defaults."""
    if isinstance(layer, nn.Embedding):
        nn.init.uniform_(layer.weight, -0.05, 0.05, generator=generator)
    elif isinstance(layer, nn.Linear):
        nn.init.xavier_uniform_(layer.weight, generator=generator)
        nn.init.zeros_(layer.bias)


class PaperRecipe:
    """The network and how it is trained; `levels` are those of each column, sorted."""

    def __init__(self, levels, seed, epochs=EPOCHS):
        self.levels, self.seed, self.epochs = levels, seed, epochs

    def fit(self, X, log_sales):
        """Learn the logarithm of the sales."""
        generator = torch.Generator().manual_seed(self.seed)
        n_levels = {name: len(levels) for name, levels in self.levels.items()}
        self.network_ = Network(n_levels, generator)
        self.largest_ = float(log_sales.max())
        codes = self._codes(X)
        target = torch.tensor(np.asarray(log_sales) / self.largest_, dtype=torch.float32)
        optimizer = torch.optim.Adam(self.network_.parameters(), lr=LEARNING_RATE)
        for _ in range(self.epochs):
            for rows in torch.randperm(len(codes), generator=generator).split(ROWS_PER_STEP):
                loss = (self.network_(codes[rows]) - target[rows]).abs().mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        return self

    def predict(self, X):
        """The logarithm of the sales."""
        with torch.no_grad():
            parts = [self.network_(codes) for codes in self._codes(X).split(10_000)]
        return self.largest_ * torch.cat(parts).double().numpy()

    def _codes(self, X):
        columns = [np.searchsorted(self.levels[name], X[name]) for name in DIMENSIONS]
        return torch.tensor(np.column_stack(columns))
