"""The times of networks and of their layers on this machine, from which times of others are predicted."""
