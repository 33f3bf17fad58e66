"""From a teacher's pipeline and raw text to training data for a student."""
