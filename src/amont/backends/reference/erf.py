"""The error function, which NumPy does not have: erf(x) = (2/√π) ∫₀ˣ e^{−t²} dt.

Rational approximations of W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of
Computation 23 (1969), as in the public CALERF of Netlib: exact to about 1e-16.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

# Numerator and denominator, highest power first.
_SMALL = (  # |x| ≤ 0.46875: erf(x) = x R(x²)
    (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)
_MIDDLE = (  # 0.46875 ≤ |x| ≤ 4: erfc(x) = e^{−x²} R(x)
    (
        *(2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1),
        *(2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3),
        1.23033935479799725e3,
    ),
    (
        *(1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3),
        *(3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3),
    ),
)
_LARGE = (  # |x| ≥ 4: erfc(x) = e^{−x²}/x · (1/√π − R(1/x²)/x²)
    (
        *(1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1),
        *(1.60837851487422766e-2, 6.58749161529837803e-4),
    ),
    (
        *(1.0, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1, 6.05183413124413191e-2),
        2.33520497626869185e-3,
    ),
)


def erf(x: Array) -> Array:
    """Return erf(x), element by element, in the float type of x."""
    a = np.minimum(np.abs(x), 6)  # erf(6) is 1 in float64
    small = a * _ratio(_SMALL, np.minimum(a, 0.5) ** 2)
    middle = 1 - np.exp(-a * a) * _ratio(_MIDDLE, a)
    b = np.maximum(a, 1)  # only to divide safely: the result is used from 4 on
    large = 1 - np.exp(-b * b) / b * (1 / np.sqrt(np.pi) - _ratio(_LARGE, 1 / (b * b)) / (b * b))
    positive = np.where(a <= 0.46875, small, np.where(a <= 4, middle, large))
    return np.copysign(positive, x).astype(x.dtype)


def _ratio(coefficients: tuple[tuple[float, ...], tuple[float, ...]], x: Array) -> Array:
    """Return P(x)/Q(x) by Horner's rule."""
    numerator, denominator = (np.full_like(x, c[0]) for c in coefficients)
    for p, q in zip(coefficients[0][1:], coefficients[1][1:]):
        numerator, denominator = numerator * x + p, denominator * x + q
    return numerator / denominator
