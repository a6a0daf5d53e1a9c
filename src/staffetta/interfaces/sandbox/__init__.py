"""The pages of caught mail, for integrators: what would have left the machine."""
