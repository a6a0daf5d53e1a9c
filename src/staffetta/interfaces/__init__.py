"""What the platform speaks: each package translates one protocol to operations and back, and decides nothing."""
