"""Keras' layers as ours, a module for each family."""
