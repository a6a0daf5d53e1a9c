"""The objects of the REST services as they stand on the wire, one module for each subject."""
