"""What sources say about networks, each claim judged."""
