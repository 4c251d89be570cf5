"""The command line: each command parses, asks one stage, renders, and ends with an exit code.

`app` registers the commands and turns errors into messages and exit codes; `options` are the options that commands
share; `output` writes an answer in the format asked for. Nothing imports this package.
"""
