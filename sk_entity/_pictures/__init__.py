"""Pictures of what was learned: displays of matplotlib, and pages for a browser."""
