"""Measure softmax: where its time goes, beside its peers, in frameworks, and how accurate it is.

``python -m measure`` lists what can be measured; book/data/README.md has the commands.
"""
