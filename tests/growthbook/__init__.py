"""GrowthBook's features JSON as flags of ours, so that its corpus drives our engine."""
