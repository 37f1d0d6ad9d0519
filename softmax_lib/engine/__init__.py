"""What makes the numbers precise and fast, below the concepts.

Softmax and its logarithms name a kernel, and the engine does the rest; the other concepts take
single tools from here. Every trick stands in one module, with its reason and its gain.

A value passes through the modules in this order.

1. ``arrays``: what comes in is made an array of real numbers, or refused in words that say what was
   needed; axes, masks, labels, temperatures and distributions are checked. What goes out is rounded
   to the type that came in, once.
2. ``blocks``: the array, whatever its shape and memory order, is cut into matrices that stay in the
   cache, slices as rows or as columns, on one thread or several.
3. ``kernels``: softmax, log-softmax and logsumexp of the slices of one such matrix: the formulas,
   written with what follows.
4. ``exponentials``: ``exp(z - c)`` and its sum, without a pass for the maximum where the sum shows
   that none was needed; what softmax and its logarithms share.
5. ``shift``: which c to subtract so that nothing overflows, and how, so that no digit is lost.
6. ``sums``: one sum along rows or columns that rounds hardly more than once.
7. ``logarithms``: the log of a sum, where it is near 0 and where one class outweighs the others.

Three modules stand beside this way. ``scratch`` keeps memory between calls and says how large a
block is. ``quotients`` divides logits by a temperature and keeps what the roundings took.
``targets`` turns labels into distributions, and subtracts them without loss.

Why so much, where the formula is one line? That line overflows at 710. Shifted by the maximum it
loses up to nine of its 53 bits to the shift, more to a long sum, all to the log of a sum near 1,
and passes five times over memory that no cache holds. The chapters on overflow, accuracy and speed
measure each of these.

The modules import one way, downward::

    arrays, scratch  <-  sums, shift  <-  blocks, quotients, targets
      <-  exponentials  <-  logarithms  <-  kernels
"""
