"""GrowthBook's features JSON: read into our engine, and written for its SDKs."""
