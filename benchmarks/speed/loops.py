"""This module holds the ways to train one network that are compared.

They are the library's training, a loop by hand, and skorch. Each way is a function that
returns what measures it: seconds per row and epoch.
"""

import torch
from skorch import NeuralNet

from . import library
from .timing import timed

CONFIGURATIONS = {"default": library.DEFAULT, "textbook": library.TEXTBOOK}
BATCHES = (256, 1024)


def bare_loop(network, rows, *, batch_size, epochs):
    """What one writes by hand: tensors, batches by shuffled index, fused AdamW."""
    categorical, numerical, target = rows
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True)
    network.train()
    for _ in range(epochs):
        order = torch.randperm(len(target), device=target.device)
        for batch in order.split(batch_size):
            output = network(categorical[batch], numerical[batch])
            loss = (output - target[batch]).square().mean() / 2
            loss = loss + 0.5 * library.divergence(network, len(target))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


class SkorchNet(NeuralNet):
    """skorch's defaults, and the divergence in the loss."""

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        super().on_train_begin(net, X=X, y=y, **kwargs)
        self.n_samples_ = len(y)

    def get_loss(self, y_pred, y_true, X=None, training=False):
        loss = super().get_loss(y_pred, y_true, X=X, training=training)
        if not training:
            return loss
        return loss + 0.5 * library.divergence(self.module_, self.n_samples_)


def skorch_net(network, batch_size=128):
    """A net of skorch around the same module."""
    return SkorchNet(
        network,
        criterion=torch.nn.MSELoss,
        optimizer=torch.optim.AdamW,
        lr=1e-3,
        batch_size=batch_size,
        max_epochs=1,
        train_split=None,
        verbose=0,
    )


def own_epoch(coder, examples, configuration, batch_size, epochs=2):
    """Wall time of the library's whole training, its set-up included."""
    network = library.network_for(coder, examples, CONFIGURATIONS[configuration])

    def run():
        library.train(network, examples, batch_size=batch_size, epochs=epochs)

    return timed(run, per=epochs * library.n_rows_of(examples))


def bare_epoch(coder, examples, configuration, batch_size, epochs=2):
    """The same of the bare loop."""
    network = library.network_for(coder, examples, CONFIGURATIONS[configuration])
    rows = library.tensors(examples)

    def run():
        bare_loop(network, rows, batch_size=batch_size, epochs=epochs)

    return timed(run, per=epochs * library.n_rows_of(examples))


def skorch_epoch(coder, examples, configuration, batch_size):
    """The same of skorch with its own DataLoader, one epoch."""
    network = library.network_for(coder, examples, CONFIGURATIONS[configuration])
    net = skorch_net(network, batch_size)
    X, y = library.arguments(examples)
    return timed(lambda: net.fit(X, y), per=len(y))
