"""A network's own rules as a program in JavaScript, which computes it again with other numbers.

It is a network written in another language, as `pytorch_source` is, and so has a room here. Nothing is transposed by
hand: the rules of a layer are read once more, with numbers that are not known yet and remember what was done with them
(`numbers`); where words ask a question of such a number they are read for each of its answers (`reading`); what was
remembered is written down (`code`), once for all layers that compute alike (`rules`); and the walk over a network says
what each layer reads of those before it (`program`).
"""
