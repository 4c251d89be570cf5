"""Claims of sources about networks, each judged."""
