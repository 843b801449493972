"""Logistic regression by Newton's method (iteratively reweighted least squares), in plain Python.

A fit has a dozen weights and ten thousand rows: that takes seconds, and no library to pin.
"""

import math
from collections.abc import Sequence
from typing import Final

ROUNDS: Final = 50
"""Steps at most; a well-posed fit takes six."""

SETTLED: Final = 1e-9
"""A step in which no weight moves by more than this is the last one."""

type Vector = Sequence[float]
type Matrix = list[list[float]]


def logistic(rows: Sequence[Vector], happened: Sequence[bool], ridge: Vector) -> list[float]:
    """The weights that make what happened most likely, less half of `ridge` times their squares.

    Args:
        rows: one vector of values for each observation.
        happened: what came of each.
        ridge: how much each weight is held back; 0 for not at all.
    """
    weights = [0.0] * len(ridge)
    for _ in range(ROUNDS):
        gradient, curvature = _slopes(rows, happened, weights, ridge)
        step = solved(curvature, gradient)
        weights = [weight + move for weight, move in zip(weights, step, strict=True)]
        if max(map(abs, step)) < SETTLED:
            break
    return weights


def probability(weights: Vector, row: Vector) -> float:
    """The probability of one observation."""
    return 1.0 / (1.0 + math.exp(-sum(map(float.__mul__, weights, row))))


def solved(matrix: Matrix, right: Vector) -> list[float]:
    """The x of `matrix` x = `right`, by elimination with pivots; the matrix is square, regular."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for place in range(size):
        pivot = max(range(place, size), key=lambda row: abs(rows[row][place]))
        rows[place], rows[pivot] = rows[pivot], rows[place]
        for below in range(place + 1, size):
            factor = rows[below][place] / rows[place][place]
            rows[below] = [a - factor * b for a, b in zip(rows[below], rows[place], strict=True)]
    found = [0.0] * size
    for place in reversed(range(size)):
        known = sum(rows[place][other] * found[other] for other in range(place + 1, size))
        found[place] = (rows[place][size] - known) / rows[place][place]
    return found


def _slopes(
    rows: Sequence[Vector], happened: Sequence[bool], weights: Vector, ridge: Vector
) -> tuple[list[float], Matrix]:
    """First and second derivative of the penalized likelihood, the second with its sign turned."""
    size = len(weights)
    gradient = [-hold * weight for hold, weight in zip(ridge, weights, strict=True)]
    curvature = [[ridge[i] if i == j else 0.0 for j in range(size)] for i in range(size)]
    for row, hit in zip(rows, happened, strict=True):
        chance = probability(weights, row)
        spread = chance * (1.0 - chance)
        filled = [(place, value) for place, value in enumerate(row) if value]
        for i, value in filled:
            gradient[i] += (hit - chance) * value
            line, scaled = curvature[i], spread * value
            for j, other in filled:
                line[j] += scaled * other
    return gradient, curvature
