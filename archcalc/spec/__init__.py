"""Text -> Spec.

In order: `catalogue` finds the file, `text` reads YAML or JSON into located nodes, `inherit` lays a variant over its
parent, `document` reads what stands around the layers, `expand` lays them out flat, `statement` and `blocks` read the
parts of one, and `model` is what comes of it; `schema` is the language for editors.
"""
