"""Configuration as code: YAML documents read, validated, compared and published."""
