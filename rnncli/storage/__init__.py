"""Files: atomic replacement and locks; the model file and the training state, checked before they are written."""
