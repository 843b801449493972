"""One condition language: flags, personas, rules, segments and alert filters all speak it.

The semantics are those of the GrowthBook SDK specification 0.8. A document is compiled once into
closures; matching parses nothing, calls no store and never raises, whatever the attributes.
"""
