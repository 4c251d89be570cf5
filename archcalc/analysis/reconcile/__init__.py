"""Why conventions give different numbers for one network."""
