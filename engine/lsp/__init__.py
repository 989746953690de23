"""The language server: what `check`, `fmt`, `parts` and `rule` say, in an editor while one types."""
