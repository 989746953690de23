"""The APIs that the simulator speaks: our own, and those of Twilio, Bandwidth and Telnyx."""
