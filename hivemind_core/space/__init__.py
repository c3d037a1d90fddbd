"""Where responses lie: encode, project, cluster."""
