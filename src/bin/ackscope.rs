//! The command line.

fn main() -> std::process::ExitCode {
    ackscope::cli::main()
}
