"""One layout for all files: `leadoff fmt`."""
