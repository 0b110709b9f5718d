"""This script asks what `CategoryMerger` tells of the targets of its rows, and what it is good for.

    python -m benchmarks.trials.groups                                # a few minutes
    python -m benchmarks.trials.groups --parts leakage --groups 4 8 --seeds 1

Leakage: the target is noise, and 2,000 rows have one of 500 levels. All rows are merged by
`fit_transform`, as a pipeline does with the rows it learns from, and a model is
cross-validated on the groups. The figures are correlations of its predictions with the
target: a mean above 0 is leakage.

Benefit: salaries, half of the rows to learn from and half to validate on. Groups in the place
of categories beside what else a model may be given: all levels, by one-hot columns or as
categories (254 of each column and the rare ones as one, as boosting takes no more),
`TargetEncoder`, and the vectors themselves. Root mean square errors in dollars.

All figures are mean ± standard deviation over the seeds.

With four seeds (November 2026, torch 2.13.0, scikit-learn 1.9.1), the correlation with pure
noise was -0.02 to 0.02 ± 0.06 or less in 4 to 50 groups, and 0.42 to 0.45 ± 0.03 without
cross-fitting. So groups are cross-fitted. On salaries, ridge erred by 11,306 ± 774 with
8 groups, 11,320 ± 1,134 with 16, 11,039 ± 1,036 with 32 and 10,850 ± 965 with 64, where
one-hot columns gave 10,496 ± 717, TargetEncoder 11,405 ± 678 and vectors 10,769 ± 621;
boosting by 10,394 ± 685, 10,352 ± 610, 10,099 ± 852 and 10,084 ± 936, where categories gave
12,808 ± 583, TargetEncoder 10,433 ± 478 and vectors 9,568 ± 765.
"""

import argparse

import numpy as np
import pandas as pd
import torch
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from sk_entity import CategoryMerger, EntityEmbeddingEncoder, EntityEmbeddingRegressor

from ..estimators import histogram_boosting, network
from ..report import header, line, progress, spread
from ..tasks import TASKS
from ..transformers import AsStrings, beside_numbers, cross_fitted_means

N_ROWS, N_LEVELS = 2000, 500
# Levels of a column, for boosting that knows categories.
MOST_NATIVE = 255
PARTS = ("leakage", "benefit")
TASK = "salaries"


def parse(arguments=None):
    """The command line."""
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser("python -m benchmarks.trials.groups", description=about)
    add = parser.add_argument
    add("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    add("--groups", nargs="+", type=int, default=[4, 8, 16, 32, 50], help="of pure noise")
    add("--merged", nargs="+", type=int, default=[8, 16, 32, 64], help="of the salaries")
    add("--seeds", type=int, default=4)
    add("--threads", type=int, default=1)
    return parser.parse_args(arguments)


def one_hot_ridge():
    """Ridge on a column per group or level, and on numbers of one scale."""
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
        remainder=StandardScaler(),
    )
    return make_pipeline(columns, Ridge())


def correlations(n_groups, seed):
    """Of ridge and of a forest, cross-fitted and not, where there is nothing to learn."""
    rng = np.random.default_rng(seed)
    level, number = rng.integers(N_LEVELS, size=N_ROWS), rng.normal(size=N_ROWS)
    X = pd.DataFrame({"level": [f"level {k}" for k in level], "number": number})
    y = rng.normal(size=N_ROWS)
    for cv in (5, None):
        encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(), cv=cv)
        merger = CategoryMerger(encoder, n_clusters=n_groups, random_state=seed)
        merged = merger.set_output(transform="pandas").fit_transform(X, y)[["level"]]
        yield merged["level"].nunique()
        one_hot = OneHotEncoder(sparse_output=False).fit_transform(merged)
        for model in (Ridge(), RandomForestRegressor(60, random_state=seed)):
            predicted = cross_val_predict(model, one_hot, y)
            # A constant is no knowledge.
            yield np.corrcoef(predicted, y)[0, 1] if np.ptp(predicted) else 0.0


def leakage(options):
    """Yield the lines of the first table."""
    ways = [f"{model}, {way}" for way in ("cross-fitted", "cv=None") for model in MODELS]
    yield from header(["n_clusters", "groups", *ways])
    for n_groups in options.groups:
        found = np.array([list(correlations(n_groups, seed)) for seed in range(options.seeds)])
        progress(f"leakage, {n_groups} groups")
        cells = (f"{of.mean():.2f} ± {of.std(ddof=len(of) > 1):.2f}" for of in found.T)
        left, *figures = cells
        del figures[2]  # without cross-fitting no group is dropped
        yield line([n_groups, left, *figures])


MODELS = ("ridge", "forest")


def halves(task, seed):
    """Columns and target of the rows to learn from and to validate on; no row that tests."""
    rows = np.random.default_rng(seed).permutation(np.flatnonzero(~task.table.test))
    return [task.table.rows(half)[:2] for half in np.array_split(rows, 2)]


def errors(task, seed, options):
    """Of ridge and of boosting, by what they are given, for one seed."""
    (X, y), (X_new, y_new) = halves(task, seed)

    def behind(encoder, model):
        fitted = make_pipeline(encoder, model).fit(X, y)
        return root_mean_squared_error(y_new, fitted.predict(X_new))

    def boosting(**settings):
        return histogram_boosting(task, seed, **settings)

    def encoder():
        return EntityEmbeddingEncoder(network(task, X, seed), random_state=seed)

    columns = list(task.categorical)
    codes = OrdinalEncoder(
        max_categories=MOST_NATIVE, handle_unknown="use_encoded_value", unknown_value=np.nan
    )
    native = boosting(categorical_features=np.arange(len(columns)))
    means = beside_numbers(task, cross_fitted_means(task, seed))
    found = {
        "one-hot": (behind(AsStrings(columns), one_hot_ridge()), np.nan),
        "categories": (np.nan, behind(beside_numbers(task, codes), native)),
        "TargetEncoder": (
            behind(make_pipeline(means, StandardScaler()), Ridge()),
            behind(means, boosting()),
        ),
        "vectors": (
            behind(make_pipeline(encoder(), StandardScaler()), Ridge()),
            behind(encoder(), boosting()),
        ),
    }
    for n_groups in options.merged:
        merger = CategoryMerger(encoder(), n_clusters=n_groups, random_state=seed)
        merger.set_output(transform="pandas")
        merged, merged_new = merger.fit_transform(X, y), merger.transform(X_new)
        found[f"{n_groups} groups"] = tuple(
            root_mean_squared_error(y_new, model.fit(merged, y).predict(merged_new))
            for model in (one_hot_ridge(), boosting())
        )
    progress(f"benefit, seed {seed}")
    return found


def benefit(options):
    """Yield the lines of the second table."""
    of_seeds = [errors(TASKS[TASK], seed, options) for seed in range(options.seeds)]
    yield from header(["given", "ridge", "HistGradientBoosting"])
    for way in of_seeds[0]:
        pairs = zip(*(of_seed[way] for of_seed in of_seeds), strict=True)
        yield line([way, *(spread([e for e in of_model if e == e]) for of_model in pairs)])


def main(arguments=None):
    """Progress to stderr, the tables to stdout."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    with threadpool_limits(options.threads):
        for part, lines in (("leakage", leakage), ("benefit", benefit)):
            if part in options.parts:
                for row in lines(options):
                    print(row, flush=True)
                print()


if __name__ == "__main__":
    main()
