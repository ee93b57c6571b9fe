//! What is true: the simulated cluster.
