"""`leadoff dev`: the author's flows on phones of a page, played anew on every save. Nobody is texted."""
