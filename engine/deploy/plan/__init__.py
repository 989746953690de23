"""What `apply` would do: the changes of a project, and whom they touch."""
