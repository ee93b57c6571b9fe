//! The page, served while it is worked on, and built to be shipped.

use std::fs;
use std::path::Path;

use crate::install;
use crate::project::{Outcome, Project, replace, run};

/// Serves the page and rebuilds it at each change, until it is interrupted.
pub(crate) fn serve(project: &Project, options: &[String]) -> Outcome {
    project.say("Serving the page");
    // Not into `dist/`: that holds the page to be shipped, which the tests look at.
    replace(
        project.command("trunk").args(["serve", "--offline", "true", "--dist", "target/serve"]).args(options),
        "The page is no longer served, for the reason above.",
    )
}

/// Builds the page into `dist/`, to be put under any path of any server.
pub(crate) fn build(project: &Project) -> Outcome {
    // The second is the same build but for wasm-opt, which trunk asks for with `--release` alone.
    let profile: &[&str] =
        if install::has_wasm_opt(project) { &["--release"] } else { &["--cargo-profile", "release"] };
    run(
        project.command("trunk").args(["build", "--offline", "true", "--public-url", "./"]).args(profile),
        "The page was not built, for the reason above.",
    )?;
    move_script_out(&project.at("dist")).map_err(|error| format!("dist/ cannot be written: {error}."))
}

/// Moves trunk's inline script into a file, so that the page runs under a content security policy that allows
/// no inline scripts.
fn move_script_out(dist: &Path) -> std::io::Result<()> {
    // As trunk writes it, and as it is once trunk has made the page small.
    const OPENINGS: [&str; 2] = ["<script type=\"module\">", "<script type=module>"];
    const CLOSING: &str = "</script>";
    let index = dist.join("index.html");
    let html = fs::read_to_string(&index)?;
    let parts = OPENINGS.iter().find_map(|opening| html.split_once(opening));
    let Some((before, rest)) = parts else { return Ok(()) };
    let Some((script, after)) = rest.split_once(CLOSING) else { return Ok(()) };
    let name = format!("start-{:016x}.js", fingerprint(script.trim().as_bytes()));
    fs::write(dist.join(&name), format!("{}\n", script.trim()))?;
    fs::write(&index, format!("{before}<script type=\"module\" src=\"./{name}\">{CLOSING}{after}"))
}

/// FNV-1a: names a file after what is in it, so that it can be cached for ever.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
