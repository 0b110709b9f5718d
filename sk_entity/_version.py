"""The version, apart so that a build can read it without importing anything; and the site."""

__version__ = "0.1.0"

DOCUMENTATION = "https://sk-entity.readthedocs.io/en/stable/"


class VersionWarning(UserWarning):
    """What was stored comes from another version of the library or of the format.

    Examples
    --------
    >>> import warnings
    >>> from sk_entity.persistence import VersionWarning
    >>> warnings.simplefilter("error", VersionWarning)  # such a file is an error now
    """
