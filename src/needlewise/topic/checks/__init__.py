"""What `needlewise topic check` looks at, one module a kind of question.

Each module holds functions from a `Draft` (a folder as far as it could be read) to findings.
What a table must hold is data: `schema.toml` beside this folder.
"""
