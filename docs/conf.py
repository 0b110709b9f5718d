"""How Sphinx builds the documentation."""

import os
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
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    # Those in _extensions; each says at its top what it is for.
    "addresses",
    "api_pages",
    "mathml",
    "nothing_is_fetched",
    "pages_as_notebooks",
]
exclude_patterns = [
    "_build",
    # No pages: others include them.
    "accuracy_tables.md",
    "encoder_tables.md",
    "reliability_tables.md",
    "scale_tables.md",
    "updating_tables.md",
    # What the gallery offers for download, and a table that fetches its styles.
    "gallery/*.ipynb",
    "**/sg_execution_times.rst",
    "sg_execution_times.rst",
]

# `name` in a docstring is a link, if there is something with this name. A name with a dot has a
# module before it and must lead somewhere: what is meant is no guess then.
default_role = "py:obj"
nitpicky = True
nitpick_ignore_regex = [("py:.*", r"[^.]*")]

# The tables of this example do not come with the project.
DATA = Path(os.environ.get("SK_ENTITY_DATA") or Path(__file__).parents[2] / "shared" / "data")
LEFT_OUT = "" if (DATA / "rossmann_train.parquet").exists() else r"|plot_rossmann\.py$"

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "ignore_pattern": r"(^|/)(?!plot_)\w+\.py$" + LEFT_OUT,  # the others are programs
    "within_subsection_order": "gallery_order.ByPlace",
    "abort_on_example_error": True,
    "backreferences_dir": "api/backreferences",
    "doc_module": ("sk_entity",),
    "reference_url": {"sk_entity": None},
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
}

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

nb_execution_mode = "auto"  # pages without Python are not run
nb_execution_in_temp = True
nb_execution_timeout = 300
nb_execution_show_tb = True
nb_output_stderr = "warn"
nb_merge_streams = True
nb_ipywidgets_js = {}
nb_render_image_options = {"alt": "What the code above draws"}

autosummary_generate = False  # api_pages writes the pages
toc_object_entries_show_parents = "hide"
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings name the types
# A list of methods in every class docstring would repeat what follows it.
numpydoc_show_class_members = False
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"  # names without a module are words, but for these:
numpydoc_xref_aliases = {
    "array-like": ":term:`array-like`",
    "bool": "bool",
    "DataFrame": "pandas.DataFrame",
    "Series": "pandas.Series",
    "Index": "pandas.Index",
    "ndarray": "numpy.ndarray",
    "RandomState": "numpy.random.RandomState",
    "Axes": "matplotlib.axes.Axes",
    "Figure": "matplotlib.figure.Figure",
    **{
        name: f"sk_entity.{name}"
        for name in sk_entity.__all__
        if name.startswith("EntityEmbedding")
    },
}

html_theme = "pydata_sphinx_theme"
html_title = "sk-entity"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {"index": [], "search": [], "**": ["sidebar-nav-bs"]}
html_theme_options = {
    "logo": {"text": "sk-entity"},
    "navigation_with_keys": False,
    "header_links_before_dropdown": 5,
    "navbar_persistent": ["search-field"],
    "navbar_end": ["theme-switcher"],
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
