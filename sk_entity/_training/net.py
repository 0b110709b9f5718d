"""skorch's training loop with the library's loss."""

import torch
from skorch import NeuralNet
from skorch.callbacks import Callback, EarlyStopping
from skorch.utils import TeeGenerator

from .._network.step import Step
from .callbacks import TrainingEnded
from .clock import Clock

# Below 1 the likelihood counts more than Bayes' rule has it (a "cold" posterior).
PRIOR_STRENGTH = 0.5
# Part of training in which the prior of the numbers' steps rises to its strength: the layers must
# have learned what to do with a step before it is judged.
NUMERIC_WARM_UP = 0.7
# Of a target that the network fits exactly.
LEAST_DISPERSION = 1e-4
# To find what there is to explain; with many classes, all rows would take memory.
ROWS_TO_ESTIMATE_BY = 10_000


class Net(NeuralNet):
    """skorch's loop with a weighted loss and the divergence from the priors.

    Parameters
    ----------
    *args, **kwargs
        See `skorch.NeuralNet`.
    initial_output : array-like of shape (n_outputs,)
        The best constant output.
    least_epochs : int
        Of training if nothing is learned.
    n_before : int
        Rows of earlier trainings that this one goes on from.
    exchange : Exchange or None
        With the workers that train the same network on rows of their own.

    Attributes
    ----------
    interrupt_ : KeyboardInterrupt or None
        What has ended training from outside.
    batches_ : Batches or SpilledBatches
        To train on.
    """

    def __init__(self, *args, initial_output, least_epochs, n_before=0, exchange=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial_output = initial_output
        self.least_epochs = least_epochs
        self.n_before = n_before
        self.exchange = exchange

    def initialize_callbacks(self):
        """Find out anew which callbacks do something when."""
        self.listening_ = {}
        return super().initialize_callbacks()

    def initialize_module(self):
        self.module_ = self.module
        self.step_ = Step(self.module)
        return self

    def initialize_criterion(self):
        self.criterion_ = self.criterion
        self.residual_ = self.interrupt_ = None
        return self

    def notify(self, method_name, **cb_kwargs):
        """Tell all callbacks, then end training if one of them wants that.

        skorch's `EarlyStopping` says so by a KeyboardInterrupt. Any other one is the
        user's.
        """
        getattr(self, method_name)(self, **cb_kwargs)
        ended = False
        for callback in self._callbacks_with(method_name):
            try:
                getattr(callback, method_name)(self, **cb_kwargs)
            except TrainingEnded:
                ended = True
            except KeyboardInterrupt:
                if not isinstance(callback, EarlyStopping):
                    raise
                ended = True
        if ended:
            raise TrainingEnded

    def _callbacks_with(self, method_name):
        """Callbacks that do something then; most do nothing after a batch."""
        if method_name not in self.listening_:
            nothing = getattr(Callback, method_name, None)
            self.listening_[method_name] = [
                callback
                for _, callback in self.callbacks_
                if _function(getattr(callback, method_name)) is not nothing
            ]
        return self.listening_[method_name]

    def fit_loop(self, *args, **kwargs):
        """Train as skorch does, but keep a KeyboardInterrupt, which it swallows, for the caller."""
        try:
            return super().fit_loop(*args, **kwargs)
        except TrainingEnded:
            return self
        except KeyboardInterrupt as interrupt:
            self.interrupt_ = interrupt
            raise

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Set the clock, and find what there is to explain."""
        super().on_train_begin(net, X=X, y=y, **kwargs)
        n_rows = len(X) if self.exchange is None else int(self.exchange.sum(len(X))[0])
        self.n_samples_ = self.n_before + n_rows
        self.clock_ = Clock(self.least_epochs, self.max_epochs, X.n_batches(self.batch_size))
        self.to_explain_ = self._residual_of_constant(X)
        self.decaying_ = self.optimizer_.param_groups[0]
        self.weight_decay_ = self.decaying_["weight_decay"]
        if self.n_before:
            self._go_on(X)

    def _go_on(self, rows):
        """Let what all categories have in common move less, the less of these rows it explains."""
        self.optimizer_.decay_to_now(self.decaying_)
        X, y = rows.some(ROWS_TO_ESTIMATE_BY)
        self._set_training(False)
        with torch.no_grad():
            left = self._mean_residual(self.infer(X), y, X)
        explained = 1 - min(1.0, left / max(self.to_explain_, LEAST_DISPERSION))
        tables = self.module_.embeddings
        of_tables = {id(p) for p in tables.parameters()} if tables is not None else set()
        for group in self.optimizer_.param_groups:
            if not any(id(parameter) in of_tables for parameter in group["params"]):
                group["lr"] *= explained**2

    def on_epoch_begin(self, net, **kwargs):
        """Let the layers decay, and the clock run, as the noise of the last epoch asks for."""
        super().on_epoch_begin(net, **kwargs)
        # The decay is a prior of the layers: the less noise there is, the less it weighs.
        self.decaying_["weight_decay"] = self.weight_decay_ * min(1.0, float(self.dispersion_))
        self.clock_.begin_epoch(self.noise_)

    def on_batch_begin(self, net, batch=None, training=False, **kwargs):
        """Count the steps done."""
        super().on_batch_begin(net, batch=batch, training=training, **kwargs)
        if training:
            self.clock_.tick()

    def on_epoch_end(self, net, **kwargs):
        """Count the epochs done."""
        super().on_epoch_end(net, **kwargs)
        self.clock_.end_epoch()

    def _residual_of_constant(self, rows):
        """What the best constant leaves."""
        X, y = rows.some(ROWS_TO_ESTIMATE_BY)
        constant = torch.as_tensor(self.initial_output, dtype=torch.float32, device=y.device)
        constant = constant.expand(len(y), -1)
        return self._mean_residual(constant, y, X)

    def _mean_residual(self, output, y, X):
        """The mean over rows, those of all workers."""
        mean = float(_weighted_mean(self.criterion_.residual(output, y), X))
        return mean if self.exchange is None else self.exchange.mean(mean, len(y))

    def _set_training(self, training=True):
        if self.module_.training is not training:  # the walk over all modules takes time
            self.module_.train(training)

    def get_all_learnable_params(self):
        """Yield parameters by name; where a gradient lists rows, these stand for their table.

        Callbacks that clip gradients take no sparse ones.
        """
        for name, parameter in super().get_all_learnable_params():
            if parameter.grad is not None and parameter.grad.is_sparse:
                gradient = parameter.grad = parameter.grad.coalesce()
                parameter = torch.nn.Parameter(parameter.detach()[gradient.indices()[0]])
                parameter.grad = gradient.values()  # the same memory
            yield name, parameter

    def get_iterator(self, dataset, training=False):
        """Batches; those to train on are prepared for the step."""
        iterator = super().get_iterator(dataset, training=training)
        if training:
            iterator.prepare = self.step_.prepare
            self.batches_ = iterator
        return iterator

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        """Go through an epoch as skorch does, without waiting for the loss of each batch.

        A GPU is given work ahead, and would stand still while it is waited for. So while an epoch
        runs there, its history holds losses as tensors.
        """
        if iterator is None:
            return
        waits = torch.device(self.device).type == "cpu"
        batches = self.history[-1]["batches"]
        n_before = len(batches)
        for batch in iterator:
            self.notify("on_batch_begin", batch=batch, training=training)
            step = step_fn(batch, **fit_params)
            loss = step["loss"].item() if waits else step["loss"].detach()
            self.history.record_batch(f"{prefix}_loss", loss)
            self.history.record_batch(f"{prefix}_batch_size", len(batch[1]))
            self.notify("on_batch_end", batch=batch, training=training, **step)
        batches = batches[n_before:]
        if not waits:
            losses = torch.stack([batch[f"{prefix}_loss"] for batch in batches]).tolist()
            for batch, loss in zip(batches, losses, strict=True):
                batch[f"{prefix}_loss"] = loss
        self.history.record(f"{prefix}_batch_count", len(batches))

    def infer(self, x, **fit_params):
        return self.module_(x["categorical"], x["numerical"], x.get("bags", ()))

    def get_loss(self, y_pred, y_true, X=None, training=False):
        return _weighted_mean(self.criterion_.value(y_pred, y_true), X)

    def train_step(self, batch, **fit_params):
        """Move by the gradient of a batch."""
        self._set_training(True)
        X, y = batch
        output = self.step_.forward(X)
        loss = self.get_loss(output, y, X=X, training=True)
        of_output = self.criterion_.gradient(output, y)
        n, residual = len(y), self._residual_sums(output, y, X)
        if self.exchange is not None:
            n, loss, *residual = self._begin_exchange(n, loss, residual)
        self._update_residual(*residual)
        of_output /= self.dispersion_ * n
        if "sample_weight" in X:
            of_output *= X["sample_weight"].unsqueeze(1)
        self.step_.backward(of_output, *self.prior_strengths(), self.exchange)
        if self.exchange is not None:
            self.exchange.reduce(self.module_.parameters())
        self.notify(
            "on_grad_computed",
            named_parameters=TeeGenerator(self.get_all_learnable_params()),
            batch=batch,
            training=True,
        )
        self.optimizer_.step()
        # The history shows the loss as the validation has it, without the prior.
        return {"loss": loss, "y_pred": output}

    def _begin_exchange(self, n, loss, residual):
        """Find the rows, the loss and the residuals of all workers."""
        tables = self.module_.embeddings
        stacks = () if tables is None else tables.stacks
        return self.exchange.begin_step(n, loss, *residual, stacks, self.step_.looked_up())

    def prior_strengths(self):
        """Return the part in the loss of the divergences of categories and of numbers.

        Both are per training row; that of the numbers comes as a sum.
        """
        risen = 1 if self.n_before else min(1, self.clock_.done / NUMERIC_WARM_UP)
        return PRIOR_STRENGTH, PRIOR_STRENGTH * risen / self.n_samples_

    @property
    def dispersion_(self):
        """What the loss is divided by."""
        if self.residual_ is None or not self.criterion_.has_dispersion:
            return torch.ones((), dtype=torch.float32, device=self.device)
        return self.residual_.clamp(min=LEAST_DISPERSION)

    @property
    def noise_(self):
        """Part of the target's variance that is left."""
        if self.residual_ is None:
            return 1.0
        return float(self.residual_) / max(self.to_explain_, LEAST_DISPERSION)

    def _residual_sums(self, output, y, X):
        """Residuals times weights, and the weights, summed over a batch.

        Only rows that show all their categories count: of the others the
        network knows less than of any row it will predict.
        """
        values = self.criterion_.residual(output, y)
        weight = X.get("sample_weight", torch.ones_like(values))
        if "unmasked" in X:
            weight = weight * X["unmasked"]
        return (values * weight).sum(), weight.sum()

    def _update_residual(self, total, weight):
        """Update the moving average of the residuals over the batches."""
        now = total / weight
        before = torch.ones_like(now) if self.residual_ is None else self.residual_
        moved = now if self.residual_ is None else before.lerp(now, 0.01)
        # Where no row counts, it is not a number.
        self.residual_ = torch.where(now.isfinite(), moved, before)


def _function(method):
    """The function behind a method; what is set on an object itself is one already."""
    return getattr(method, "__func__", method)


def _weighted_mean(values, X):
    weight = X.get("sample_weight")
    return values.mean() if weight is None else (values * weight).mean()
