"""The models of leadoff.yaml, flows, segments and tests of flows; all of them are frozen."""
