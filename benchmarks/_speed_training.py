"""Epochs of training, against a bare loop and against skorch as it comes."""

import _speed_ours as ours
import torch
from _speed_measure import Line, compare, say, timed
from skorch import NeuralNet

CONFIGURATIONS = {"default": ours.DEFAULT, "textbook": ours.TEXTBOOK}
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
            loss = loss + 0.5 * divergence(network, len(target))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def divergence(network, n_samples):
    """Of all vectors, over the rows that train."""
    of_categories, of_numbers = network.divergences()
    return of_categories + of_numbers / n_samples


class SkorchNet(NeuralNet):
    """skorch's defaults, and the divergence in the loss."""

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        super().on_train_begin(net, X=X, y=y, **kwargs)
        self.n_samples_ = len(y)

    def get_loss(self, y_pred, y_true, X=None, training=False):
        loss = super().get_loss(y_pred, y_true, X=X, training=training)
        return loss + 0.5 * divergence(self.module_, self.n_samples_) if training else loss


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


def as_dict(examples):
    """Arrays by the names of the network's arguments, as skorch takes them."""
    return {"categorical": examples.coded.categorical, "numerical": examples.coded.numerical}


def our_epoch(coder, examples, configuration, batch_size, epochs=2):
    """Seconds per row and epoch: wall time of the whole training, its set-up included."""
    network = ours.network_for(coder, examples, CONFIGURATIONS[configuration])

    def run():
        ours.train(network, examples, batch_size=batch_size, epochs=epochs)

    return timed(run, per=epochs * len(examples.target))


def bare_epoch(coder, examples, configuration, batch_size, epochs=2):
    """The same of the bare loop."""
    network = ours.network_for(coder, examples, CONFIGURATIONS[configuration])
    rows = ours.tensors(examples)

    def run():
        bare_loop(network, rows, batch_size=batch_size, epochs=epochs)

    return timed(run, per=epochs * len(examples.target))


def skorch_epoch(coder, examples, configuration, batch_size):
    """The same of skorch with its own DataLoader, one epoch."""
    network = ours.network_for(coder, examples, CONFIGURATIONS[configuration])
    net, X = skorch_net(network, batch_size), as_dict(examples)
    return timed(lambda: net.fit(X, examples.target), per=len(examples.target))


def against_loop(options):
    """Training beside a bare loop: same module, same batches."""
    coder, examples = ours.rossmann_like(2_000 if options.quick else 200_000)
    for configuration in CONFIGURATIONS:
        for batch in BATCHES:
            setting = coder, examples, configuration, batch
            yield compare(
                f"epoch, {configuration} network, batch {batch}",
                "bare torch loop, fused AdamW",
                "≥ 1.0",
                our_epoch(*setting),
                bare_epoch(*setting),
                options,
            )


def against_skorch(options):
    """Training beside skorch with its default DataLoader, on a tenth of the rows."""
    coder, examples = ours.rossmann_like(2_000 if options.quick else 200_000)
    tenth = ours.rossmann_like(1_000 if options.quick else 20_000)
    for configuration in CONFIGURATIONS:
        for batch, goal in zip(BATCHES, ("≥ 5", "≥ 6"), strict=True):
            yield compare(
                f"epoch, {configuration} network, batch {batch}",
                "skorch, default DataLoader",
                goal,
                our_epoch(coder, examples, configuration, batch),
                skorch_epoch(*tenth, configuration, batch),
                options,
            )


def on_gpu(options):
    """Training on a GPU, beside this machine's CPU and the bare loop on the GPU."""
    if not torch.cuda.is_available():
        yield Line("epoch on the GPU, batch 65,536", "CPU; bare loop on the GPU", note="no GPU")
        return
    say(torch.cuda.get_device_name())
    n_rows, batch, epochs = (200_000 if options.quick else 10_000_000), 65_536, 3
    coder, examples = ours.rossmann_like(n_rows)
    few = ours.rossmann_like(n_rows // 10)[1]
    work = f"epoch on the GPU, {n_rows:,} rows, batch {batch:,}"
    on_cpu, on_cuda, bare = (ours.network_for(coder, examples, ours.DEFAULT) for _ in range(3))
    bare.cuda()
    rows = ours.tensors(examples, "cuda")

    def train_on_gpu():
        ours.train(on_cuda, examples, batch_size=batch, epochs=epochs, device="cuda")
        torch.cuda.synchronize()

    def loop_on_gpu():
        bare_loop(bare, rows, batch_size=batch, epochs=epochs)
        torch.cuda.synchronize()

    def train_on_cpu():
        ours.train(on_cpu, few, batch_size=batch, epochs=1)

    gpu = timed(train_on_gpu, per=epochs * n_rows)
    cpu = timed(train_on_cpu, per=len(few.target))
    threads = f"the same on the CPU, {options.threads} threads, a tenth of the rows"
    yield compare(work, threads, "≥ 10", gpu, cpu, options)
    loop = timed(loop_on_gpu, per=epochs * n_rows)
    yield compare(work, "bare loop on the GPU", "≥ 0.9", gpu, loop, options)
