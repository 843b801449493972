"""GrowthBook's features JSON: our flags, written for its SDKs."""
