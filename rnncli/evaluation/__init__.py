"""How well a predictor predicts a text: surprisal, accuracy, keystrokes saved, calibration."""
