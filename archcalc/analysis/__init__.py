"""Graph and Table -> answers: a room for each question. What lies beside the rooms is shared by several of them."""
