"""Fast, pure computation for media and signals: bytes and arrays in, arrays out."""
