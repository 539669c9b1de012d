"""Training: batches, schedule, calibration and the loop. Opens no file, reads no clock, prints nothing."""
