"""The estimators: parameters, the spine of `fit`, and the fitted state. Knows scikit-learn."""
