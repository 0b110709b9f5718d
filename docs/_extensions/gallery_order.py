"""This module says in which order the gallery shows its examples."""

# The first ones say most; then by what one does with a model.
ORDER = [
    "first_model",
    "airports",
    "months_and_hours",
    "known_geometry",
    "forest_on_vectors",
    "neighbours_and_groups",
    "similarity",
    "what_a_category_does",
    "shap",
    "counts_and_exposure",
    "new_categories",
    "vectors_from_elsewhere",
    "tuning",
    "rossmann",
]


class ByPlace:
    """The place of a file in the order; a file that is not there is an error."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, file):
        return ORDER.index(str(file).removeprefix("plot_").removesuffix(".py"))

    def __repr__(self):
        return f"<ByPlace: {' '.join(ORDER)}>"  # Sphinx compares it with that of the build before
