"""Which inputs a network takes, in closed form.

`sizes` are functions of the input's size, `constraints` what each layer asks of them, `solution` the inputs that pass,
`same_weights` those that fit the weights as they are, and `layer_output` how a layer comes to make a size.
"""
