"""Takes spans from OpenTelemetry exporters (OTLP/HTTP) and keeps them."""
