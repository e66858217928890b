"""What the metrics of a collector cost a Prometheus."""
