"""Pictures: looked at, made fit for an MMS, put together."""
