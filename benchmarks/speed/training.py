"""This module compares epochs of training with a bare loop and with skorch as it comes."""

from . import library
from .comparison import compare
from .loops import BATCHES, CONFIGURATIONS, bare_epoch, own_epoch, skorch_epoch


def against_loop(options):
    """Training beside a bare loop: same module, same batches."""
    coder, examples = library.rossmann_like(2_000 if options.quick else 200_000)
    for configuration in CONFIGURATIONS:
        for batch in BATCHES:
            setting = coder, examples, configuration, batch
            yield compare(
                f"epoch, {configuration} network, batch {batch}",
                "bare torch loop, fused AdamW",
                "≥ 1.0",
                own_epoch(*setting),
                bare_epoch(*setting),
                options,
            )


def against_skorch(options):
    """Training beside skorch with its default DataLoader, on a tenth of the rows."""
    coder, examples = library.rossmann_like(2_000 if options.quick else 200_000)
    tenth = library.rossmann_like(1_000 if options.quick else 20_000)
    for configuration in CONFIGURATIONS:
        for batch, goal in zip(BATCHES, ("≥ 5", "≥ 6"), strict=True):
            yield compare(
                f"epoch, {configuration} network, batch {batch}",
                "skorch, default DataLoader",
                goal,
                own_epoch(coder, examples, configuration, batch),
                skorch_epoch(*tenth, configuration, batch),
                options,
            )
