"""Re-planning during the day: what has happened stays, vehicles begin where they are, and only what pays is changed."""
