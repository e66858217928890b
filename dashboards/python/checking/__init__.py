"""Holds dashboards and rules against what they promise."""
