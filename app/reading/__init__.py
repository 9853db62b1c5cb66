"""What pages read and do beyond `app.session`, one subject a file; like it, these alone meet the library."""
