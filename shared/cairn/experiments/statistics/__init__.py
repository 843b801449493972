"""Statistics of experiments: pure functions of sums, each with the source of its formula.

Nothing here reads a row, a clock or a table, and nothing in a request's path imports it: it stands
on scipy. What can't be said is said so (`Undefined`), never guessed.
"""
