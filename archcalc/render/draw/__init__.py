"""Figures of networks: volumes, flow and bars as scenes, with their words."""
