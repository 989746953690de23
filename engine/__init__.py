"""Leadoff: SMS and MMS automations as code. The rooms and their order are told in docs/architecture.md."""

__version__ = "0.1.0"
