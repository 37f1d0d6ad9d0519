"""What makes the numbers precise and fast, below the concepts.

The modules import one way, downward::

    arrays, scratch  <-  sums, shift  <-  blocks  <-  exponentials  <-  logarithms
"""
