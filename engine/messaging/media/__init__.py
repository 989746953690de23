"""Pictures: inspected, resized and compressed for MMS, combined into collages."""
