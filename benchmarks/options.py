"""This module holds the options that the commands over the tasks have in common."""

import os
from pathlib import Path

from .tasks import TASKS

SIZES = ("full", "small")


def add_split_options(parser, default=None):
    """Which splits to run, on how many threads, and the file to append to."""
    add = parser.add_argument
    add("--tasks", nargs="+", choices=TASKS, default=list(TASKS), metavar="TASK")
    add("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    add("--seeds", type=int, default=3)
    add("--threads", type=int, default=os.cpu_count())
    add("--inner", action="store_true", help="score on rows split off from those to learn from")
    add("--results", type=Path, default=default, help="the file to append to")
    add("--rerun", action="store_true", help="take no result from a file")
