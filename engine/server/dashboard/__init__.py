"""The dashboard: pages for those who answer for the texts. docs/dashboard.md is its manual."""
