"""Draws a dashboard as a picture: an idea of what Grafana shows, for where there is no Grafana."""
