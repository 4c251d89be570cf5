"""Text -> Spec.

In order: `text` reads YAML or JSON into located nodes, `inherit` lays a variant over its parent, `expand` puts params in and
flattens structures, which gives a `model.Spec`. `catalogue` finds files by name; `canonical` writes a spec back, and
`schema` describes the language to editors.
"""
