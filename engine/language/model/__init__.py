"""leadoff.yaml, flows and segments as frozen models."""
