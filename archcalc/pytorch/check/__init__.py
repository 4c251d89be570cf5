"""The built module observed by others' counters (`observe`), and somebody's model beside a spec (`against`)."""
