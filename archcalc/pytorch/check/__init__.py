"""The built module observed by others' counters (`observe`), and somebody's model next to a spec (`against`)."""
