//! Where a scenario comes from: a file, the catalogue, or standard input.

use crate::run::catalogue::{CATALOGUE, find};
use crate::run::file::{FileError, MAX_BYTES, check_size, parse};
use crate::sim::config::keys::nearest_of;
use crate::sim::config::raw::RawScenario;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Where a scenario came from.
pub(super) enum Source {
    File(String),
    BuiltIn(&'static str),
    StandardInput,
}

impl Source {
    /// The file's name, or what stands for it.
    pub(super) fn name(&self) -> String {
        match self {
            Source::File(path) => {
                let name = Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned());
                name.unwrap_or_else(|| path.clone())
            }
            Source::BuiltIn(id) => (*id).to_owned(),
            Source::StandardInput => "-".to_owned(),
        }
    }
}

/// Reads a scenario by what the command line names, or says what is wrong with it.
pub(super) fn load(named: &str) -> Result<(Source, RawScenario), String> {
    let (source, text) = if named == "-" {
        (Source::StandardInput, text(io::stdin().lock(), named)?)
    } else if let Some(built_in) = find(named).filter(|_| !Path::new(named).exists()) {
        (Source::BuiltIn(built_in.id), built_in.text().to_owned())
    } else {
        let file = File::open(named).map_err(|error| not_opened(named, &error))?;
        (Source::File(named.to_owned()), text(file, named)?)
    };
    match parse(&text) {
        Ok(file) => Ok((source, file.raw)),
        Err(errors) => Err(errors.iter().map(|error| told(named, error)).collect()),
    }
}

/// What can be read, but no more than a scenario file may have.
fn text(from: impl Read, named: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let most = MAX_BYTES as u64 + 1;
    from.take(most).read_to_end(&mut bytes).map_err(|error| not_opened(named, &error))?;
    if bytes.len() > MAX_BYTES {
        let too_large = check_size(bytes.len()).expect_err("more than the most");
        return Err(told(named, &FileError { what: format!("more than {MAX_BYTES} bytes"), ..too_large }));
    }
    String::from_utf8(bytes).map_err(|_| format!("error: {named}: not a text in UTF-8\n"))
}

fn told(named: &str, error: &FileError) -> String {
    let FileError { line, column, what, remedy, .. } = error;
    format!("{named}:{line}:{column}: error: {what}\n  help: {remedy}\n")
}

fn not_opened(named: &str, error: &io::Error) -> String {
    let ids = CATALOGUE.iter().map(|built_in| (built_in.id, built_in.id));
    let help = match nearest_of(named, ids) {
        Some(id) => format!("did you mean the built-in scenario {id}?"),
        None => "name a file, or a built-in scenario (`ackscope scenarios` lists them)".to_owned(),
    };
    format!("error: {named}: {error}\n  help: {help}\n")
}
