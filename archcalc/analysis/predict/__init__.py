"""How long a network takes on a machine, from the times of other networks' layers that were measured there."""
