"""Graph and Table -> answers: a room for each question. What lies outside the rooms is shared by several of them."""
