//! Folds over hand-made traces.

mod report;
