"""What the console is made of: templates, scripts and styles, sessions, words and charts."""
