//! Folds over hand-made traces.
