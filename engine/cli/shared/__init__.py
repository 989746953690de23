"""What the commands share: options, opening a project, output."""
