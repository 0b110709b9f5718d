"""How Sphinx builds the documentation."""

import sys
from pathlib import Path

import sk_entity

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

project = "sk-entity"
author = "The sk-entity developers"
copyright = "The sk-entity developers"
version = release = sk_entity.__version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx_gallery.gen_gallery",
    "pages_as_notebooks",
]
# The second is no page: benchmarks.md includes it.
exclude_patterns = ["_build", "accuracy_tables.md", "encoder_tables.md", "updating_tables.md"]
nitpicky = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "ignore_pattern": r"(^|/)(?!plot_)\w+\.py$",  # the others are programs
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
}

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3

nb_execution_mode = "auto"  # pages without Python are not run
nb_execution_in_temp = True
nb_execution_timeout = 300
nb_execution_show_tb = True
nb_output_stderr = "warn"
nb_merge_streams = True
nb_ipywidgets_js = {}

autodoc_member_order = "bysource"
# A list of methods in every class docstring would repeat what follows it.
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = "sk-entity"
html_theme_options = {
    "logo": {"text": "sk-entity"},
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
}
html_show_sourcelink = False
