//! The project's folder, and programs run in it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Done, or one sentence that says what a person can do about it.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// The project's folder, with the search path that finds its own tools first.
pub(crate) struct Project {
    root: PathBuf,
    path: OsString,
    opened: Instant,
}

impl Project {
    /// The project that cargo is running this program for.
    pub(crate) fn open() -> Outcome<Self> {
        let root = match env::var_os("CARGO_MANIFEST_DIR") {
            Some(root) => PathBuf::from(root),
            None => env::current_dir().map_err(|error| format!("No current folder: {error}."))?,
        };
        let own = [root.join(".tools/bin"), root.join("node_modules/.bin")];
        let inherited = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths(own.into_iter().chain(env::split_paths(&inherited)))
            .map_err(|error| format!("This folder cannot stand on a search path: {error}."))?;
        Ok(Self { root, path, opened: Instant::now() })
    }

    /// The file or folder of this name in the project.
    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The program of this name on the search path.
    pub(crate) fn find(&self, program: &str) -> Option<PathBuf> {
        let file = format!("{program}{}", env::consts::EXE_SUFFIX);
        env::split_paths(&self.path).map(|folder| folder.join(&file)).find(|candidate| candidate.is_file())
    }

    /// A program, to be run in the project's folder.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir(&self.root).env("PATH", &self.path);
        // What `cargo run` told this program about itself would make an inner cargo see changes where there
        // are none.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            let about_us =
                ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_BIN_NAME", "CARGO_CRATE_NAME"];
            if text.starts_with("CARGO_PKG_") || about_us.contains(&text.as_ref()) {
                command.env_remove(&name);
            }
        }
        // Trunk takes no other value than these two.
        if env::var_os("NO_COLOR").is_some_and(|value| value != "true" && value != "false") {
            command.env("NO_COLOR", "true");
        }
        command
    }

    /// The cargo that runs this program.
    pub(crate) fn cargo(&self) -> Command {
        self.command(env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from))
    }

    /// npm, whose program is a script on Windows.
    pub(crate) fn npm(&self) -> Command {
        self.command(if cfg!(windows) { "npm.cmd" } else { "npm" })
    }

    /// Says what is being done, and when.
    pub(crate) fn say(&self, what: &str) {
        eprintln!("[{}] {what}", clock(self.opened.elapsed()));
    }
}

/// Minutes and seconds.
pub(crate) fn clock(time: Duration) -> String {
    format!("{}:{:04.1}", time.as_secs() / 60, (time.as_millis() % 60_000) as f64 / 1000.0)
}

/// What the program prints, or nothing where it cannot be run or fails.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs the program, which prints as it goes.
pub(crate) fn run(command: &mut Command, otherwise: &str) -> Outcome {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(otherwise.to_owned()),
        Err(error) => Err(format!("{otherwise} ({}: {error})", command.get_program().to_string_lossy())),
    }
}

/// Runs the program in place of this one where the platform can, so that a signal reaches it.
pub(crate) fn replace(command: &mut Command, otherwise: &str) -> Outcome {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        let error = command.exec();
        Err(format!("{otherwise} ({}: {error})", command.get_program().to_string_lossy()))
    }
    #[cfg(not(unix))]
    run(command, otherwise)
}
