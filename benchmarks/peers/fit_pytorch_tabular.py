"""This script times pytorch_tabular's CategoryEmbedding, from the DataFrame to the end of fit."""

import time

from _serve import read_table, serve, split_names
from pytorch_tabular import TabularModel
from pytorch_tabular.config import DataConfig, OptimizerConfig, TrainerConfig
from pytorch_tabular.models import CategoryEmbeddingModelConfig


def prepare(settings):
    table = read_table()
    categorical, numeric = split_names(table)
    # It validates in any case, and so on few rows.
    few, rest = table[:100], table

    def measure():
        start = time.perf_counter()
        model = TabularModel(
            data_config=DataConfig(
                target=["y"], categorical_cols=categorical, continuous_cols=numeric
            ),
            model_config=CategoryEmbeddingModelConfig(
                task="regression",
                layers="-".join(map(str, settings["hidden"])),
                activation="ReLU",
                # One row more than there are levels, for those that are unknown.
                embedding_dims=[(table[c].nunique() + 1, settings["dims"][c]) for c in categorical],
            ),
            optimizer_config=OptimizerConfig(optimizer="AdamW"),
            trainer_config=TrainerConfig(
                batch_size=settings["batch_size"],
                max_epochs=settings["epochs"],
                accelerator="cpu",
                early_stopping=None,
                checkpoints=None,
                load_best=False,
                progress_bar="none",
                trainer_kwargs={"enable_model_summary": False},
            ),
            verbose=False,
            suppress_lightning_logger=True,
        )
        model.fit(train=rest, validation=few)
        return (time.perf_counter() - start) / (settings["epochs"] * len(rest))

    return measure


if __name__ == "__main__":
    serve(["pytorch_tabular"], prepare)
