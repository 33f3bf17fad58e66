"""What labelling costs at scale: engines against each other, and sums for a machine park."""
