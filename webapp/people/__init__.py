"""People: staff and how they sign in, patients, and who treats whom."""
