"""Moves every site of a chart to a version, by the kernel alone: survey, replace, write."""

import sys
from itertools import groupby
from pathlib import Path

from gitops.directory import read_directory, write_directory
from gitops.edit import Replacement, replace
from gitops.sites import survey

directory, chart, version = sys.argv[1:]
root = Path(directory)
tree = read_directory(root)
sites = [site for site in survey(tree).sites if site.artifact == chart]
changed = {
    path: replace(
        path, tree[path].data, [Replacement(s.document, s.address, version) for s in found]
    )
    for path, found in groupby(sites, lambda site: site.path)
}
write_directory(root, tree, tree.replace(changed))
