"""A network as a drawing: `boxes` says what is drawn, `mermaid` and `dot` write it for the programs that lay it out."""
