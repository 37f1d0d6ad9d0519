"""Reference implementations of softmax and of what surrounds it, in NumPy alone.

Every name a reader needs is imported from here: ``from softmax_lib import softmax``. The modules
are named for the concepts they hold and import one way, downward::

    overflow, definition  <-  jacobian, temperature, losses
      <-  three_softmaxes, attention, newton  <-  softmax_regression

What makes the numbers precise and fast lies below them, in the folder ``engine``, with the reason
and the gain of each trick; the formulas can be read without it.

All functions share these conventions.

* Logits are real: booleans and integers become float64, floating-point types are kept. float16 is
  computed in float32 and rounded once, at the end.
* ``axis`` is an int, a tuple of ints, or ``None`` for all axes; the classes lie along it.
* A logit of ``-inf`` is a masked class: its probability is 0. A slice of nothing but ``-inf`` has
  no distribution and gives NaN, unless ``where=`` masked it, which gives zeros. Its soft maxima are
  ``-inf`` either way.
* A logit of ``+inf`` or NaN gives NaN in its own slice, in every function: it is a fault upstream,
  and NaN keeps it visible.
* The input is never changed, unless it is given as ``out=``, and no warning is emitted: the cases
  that would warn are the ones above.
* Subclasses of ndarray, masked arrays among them, are rejected with the way to pass them.
* `softmax`, `log_softmax` and `logsumexp` take the place of ``scipy.special``'s by an import, where
  ``axis`` is given: here it defaults to the last axis, there to all.
"""

from softmax_lib.attention import attention_weights, scaled_dot_product_attention
from softmax_lib.definition import hardmax, softmax
from softmax_lib.jacobian import log_softmax_jacobian, softmax_jacobian, softmax_jvp, softmax_vjp
from softmax_lib.losses import cross_entropy, cross_entropy_grad, kl_divergence, one_hot
from softmax_lib.overflow import log_softmax, logsumexp
from softmax_lib.softmax_regression import SoftmaxRegression
from softmax_lib.temperature import entropy, softmax_with_temperature
from softmax_lib.three_softmaxes import boltzmann_operator, mellowmax

__all__ = [
    "SoftmaxRegression",
    "attention_weights",
    "boltzmann_operator",
    "cross_entropy",
    "cross_entropy_grad",
    "entropy",
    "hardmax",
    "kl_divergence",
    "log_softmax",
    "log_softmax_jacobian",
    "logsumexp",
    "mellowmax",
    "one_hot",
    "scaled_dot_product_attention",
    "softmax",
    "softmax_jacobian",
    "softmax_jvp",
    "softmax_vjp",
    "softmax_with_temperature",
]
