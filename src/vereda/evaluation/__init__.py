"""Because of what: estimators on arrays, each with its error, its certificate and its checks."""
