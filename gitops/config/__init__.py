"""`fleet.yaml` and `apps/<app>/app.yaml` as frozen models."""
