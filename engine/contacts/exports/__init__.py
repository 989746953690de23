"""The contact exports of shops and of other tools, a file each."""
