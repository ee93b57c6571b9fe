//! Installs what is missing, and is done in a moment where nothing is.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::project::{Outcome, Project, output, run};

const WASM: &str = "wasm32-unknown-unknown";
const TRUNK: &str = "0.21.14";
/// As `Trunk.toml` wants it and `package.json` brings it.
const WASM_OPT: &str = "version_132";

/// What serving the page needs.
pub(crate) fn for_serving(project: &Project) -> Outcome {
    wasm_target(project)?;
    packages(project)?;
    wasm_tools(project)
}

/// What building the page to be shipped needs.
pub(crate) fn for_page(project: &Project) -> Outcome {
    for_serving(project)?;
    if let Err(why) = npm_packages(project) {
        project.say(&format!("The page will be about 20 % larger, for want of npm's wasm-opt. {why}"));
    }
    Ok(())
}

/// What all tests need.
pub(crate) fn for_tests(project: &Project) -> Outcome {
    for_serving(project)?;
    for component in ["rustfmt", "clippy"] {
        rust_component(project, component)?;
    }
    npm_packages(project)?;
    browser(project)?;
    chinese_font(project);
    Ok(())
}

fn wasm_target(project: &Project) -> Outcome {
    let there = output(project.command("rustc").args(["--print", "sysroot"]))
        .is_some_and(|sysroot| Path::new(&sysroot).join("lib/rustlib").join(WASM).is_dir());
    if there {
        return Ok(());
    }
    project.say(&format!("Installing Rust's target {WASM}"));
    run(
        project.command("rustup").args(["target", "add", WASM]),
        &format!("Give your Rust the target {WASM} (with rustup: `rustup target add {WASM}`)."),
    )
}

/// The crates of the page, too: trunk builds offline, and this program's own build fetched what it needs itself.
fn packages(project: &Project) -> Outcome {
    run(
        project.cargo().args(["fetch", "--locked", "--quiet"]),
        "The crates that Cargo.lock names could not be fetched: is there a connection to the registry?",
    )
}

fn rust_component(project: &Project, component: &str) -> Outcome {
    let subcommand = component.trim_start_matches("rust");
    if output(project.cargo().args([subcommand, "--version"])).is_some() {
        return Ok(());
    }
    project.say(&format!("Installing Rust's component {component}"));
    run(
        project.command("rustup").args(["component", "add", component]),
        &format!(
            "Give your Rust the component {component} (with rustup: `rustup component add {component}`)."
        ),
    )
}

/// Trunk, and the wasm-bindgen that fits the crate of that name in `Cargo.lock`.
fn wasm_tools(project: &Project) -> Outcome {
    let bindgen = locked_version(&project.at("Cargo.lock"), "wasm-bindgen")?;
    let wanted = [("trunk", "trunk", TRUNK), ("wasm-bindgen-cli", "wasm-bindgen", bindgen.as_str())];
    let missing: Vec<String> = wanted
        .into_iter()
        .filter(|(_, program, version)| {
            let path = project.at(".tools/bin").join(program);
            output(project.command(path).arg("--version")) != Some(format!("{program} {version}"))
        })
        .map(|(package, _, version)| format!("{package}@{version}"))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    project.say(&format!("Building {} into .tools (three to five minutes, once)", missing.join(" and ")));
    // A folder of its own, so that a build that was interrupted goes on where it stopped.
    let scratch = project.at(".tools/build");
    run(
        project
            .cargo()
            .args(["install", "--root", ".tools", "--config", ".cargo/tools.toml", "--target-dir"])
            .arg(&scratch)
            .args(["--debug", "--locked", "--force", "--no-default-features"])
            .args(&missing),
        "Building these tools failed for the reason above; run the same command again to go on.",
    )?;
    // It is only disk space.
    let _ = fs::remove_dir_all(&scratch);
    Ok(())
}

/// The version of a package in `Cargo.lock`.
fn locked_version(lock: &Path, package: &str) -> Outcome<String> {
    let text = fs::read_to_string(lock).map_err(|error| format!("Cargo.lock cannot be read: {error}."))?;
    let after = text.split_once(&format!("name = \"{package}\"\nversion = \"")).map(|(_, after)| after);
    let version = after.and_then(|after| after.split_once('"')).map(|(version, _)| version.to_owned());
    version.ok_or_else(|| format!("Cargo.lock names no {package}; restore it from the repository."))
}

/// wasm-opt and the browser driver, as `package-lock.json` has them.
fn npm_packages(project: &Project) -> Outcome {
    let lock = fs::read(project.at("package-lock.json")).map_err(|error| format!("{error}."))?;
    let installed = project.at("node_modules/.installed-lock.json");
    if fs::read(&installed).is_ok_and(|bytes| bytes == lock) {
        return Ok(());
    }
    if output(project.npm().arg("--version")).is_none() {
        return Err("Install Node.js 18 or later with its npm, and run this again.".to_owned());
    }
    project.say("Installing npm's binaryen and playwright-core into node_modules");
    run(project.npm().arg("ci"), "npm could not install them, for the reason above; run this again online.")?;
    fs::write(&installed, &lock).map_err(|error| format!("node_modules cannot be written: {error}."))
}

/// Whether the wasm-opt that trunk accepts is there.
pub(crate) fn has_wasm_opt(project: &Project) -> bool {
    output(project.command("wasm-opt").arg("--version")).is_some_and(|text| text.contains(WASM_OPT))
}

/// Chrome or Chromium, with the driver of its version.
fn browser(project: &Project) -> Outcome {
    if chrome_and_driver(project).is_some() {
        return Ok(());
    }
    apt(project, &["chromium", "chromium-driver"])?;
    chrome_and_driver(project).map(|_| ()).ok_or_else(|| by_hand("Chrome"))
}

/// A font for the Chinese words, without which they are empty boxes on screenshots and nothing else is amiss.
fn chinese_font(project: &Project) {
    let listed = |project: &Project| output(project.command("fc-list").arg(":lang=zh"));
    if !cfg!(target_os = "linux") || listed(project).is_some_and(|fonts| !fonts.is_empty()) {
        return;
    }
    if let Err(sentence) = apt(project, &["fonts-noto-cjk"]) {
        project.say(&format!("Chinese words will be empty boxes in the tests' browser. {sentence}"));
    }
}

/// Where a browser and its driver of the same major version are.
pub(crate) fn chrome_and_driver(project: &Project) -> Option<(PathBuf, PathBuf)> {
    const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    const MAC: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
    let named = |variable: &str| env::var_os(variable).map(PathBuf::from);
    let driver = named("CHROMEDRIVER").or_else(|| project.find("chromedriver"))?;
    let wanted = major_version(project, &driver)?;
    let candidates = match named("CHROME") {
        Some(chrome) => vec![chrome],
        None => NAMES.into_iter().filter_map(|name| project.find(name)).chain([PathBuf::from(MAC)]).collect(),
    };
    let chrome = candidates.into_iter().find(|chrome| major_version(project, chrome) == Some(wanted))?;
    Some((chrome, driver))
}

/// The first number in what a program says of its version.
fn major_version(project: &Project, program: &Path) -> Option<u32> {
    let text = output(project.command(program).arg("--version"))?;
    let number =
        text.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    number.split('.').next()?.parse().ok()
}

/// Installs Debian's packages where that asks no one for a password.
fn apt(project: &Project, packages: &[&str]) -> Outcome {
    let sentence = by_hand(packages[0]);
    let mut prefix: &[&str] = &[];
    if output(project.command("id").arg("-u")).as_deref() != Some("0") {
        prefix = &["sudo", "-n"];
    }
    let allowed = prefix.is_empty() || output(project.command("sudo").args(["-n", "true"])).is_some();
    if project.find("apt-get").is_none() || !allowed {
        return Err(sentence);
    }
    project.say(&format!("Installing {} with apt-get", packages.join(" and ")));
    let apt_get = |args: &[&str]| {
        let words =
            [prefix, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-oDpkg::Use-Pty=0"], args]
                .concat();
        let mut command: Command = project.command(words[0]);
        command.args(&words[1..]);
        command
    };
    run(&mut apt_get(&["update"]), &sentence)?;
    run(apt_get(&["install", "--yes", "--no-install-recommends"]).args(packages), &sentence)
}

/// What a person is asked to do where a package manager cannot be used.
fn by_hand(what: &str) -> String {
    match what {
        "fonts-noto-cjk" => "Install a font with Chinese characters, such as Noto Sans CJK.".to_owned(),
        _ => "Install Chrome or Chromium and the chromedriver of the same version (on macOS `brew install \
              --cask google-chrome chromedriver`), or set CHROME and CHROMEDRIVER to where they are."
            .to_owned(),
    }
}
