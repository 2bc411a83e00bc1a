//! The browser half: compiles it to wasm, makes its JavaScript, lays the site folder out.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use wasm_bindgen_cli_support::Bindgen;

use crate::run::{Outcome, cargo, project, run, step, target_folder};

/// The most that a first visit may transfer for script and wasm, brotli-compressed.
const SIZE_BUDGET_BYTES: usize = 300 * 1024;

/// How both halves are built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    Development,
    Release,
}

impl Profile {
    pub fn from_flags(flags: &[&str]) -> Self {
        if flags.contains(&"--release") { Profile::Release } else { Profile::Development }
    }

    fn wasm_folder(self) -> &'static str {
        match self {
            Profile::Development => "debug",
            Profile::Release => "wasm-release",
        }
    }
}

/// One key of `Leptos.toml`, the file that the server reads too.
pub fn leptos_setting(key: &str) -> Outcome<String> {
    let file = project().join("Leptos.toml");
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    text.lines()
        .filter_map(|line| line.split_once('='))
        .find(|(name, _)| name.trim() == key)
        .map(|(_, value)| value.trim().trim_matches('"').to_owned())
        .ok_or_else(|| format!("Leptos.toml has no line `{key} = …`."))
}

/// Builds the browser half into the site folder.
pub fn build(profile: Profile) -> Outcome {
    let name = leptos_setting("output-name")?;
    let site = project().join(leptos_setting("site-root")?);
    let package = site.join(leptos_setting("site-pkg-dir")?);
    step("Building the browser half (wasm)", || compile(profile))?;
    step("Laying out the site", || {
        if site.exists() {
            fs::remove_dir_all(&site).map_err(|error| format!("{}: {error}", site.display()))?;
        }
        copy_folder(&project().join("public"), &site)?;
        bind(profile, &name, &package)?;
        copy(&project().join("style/main.css"), &package.join(format!("{name}.css")))?;
        if profile == Profile::Release { compress_folder(&site) } else { Ok(()) }
    })
}

fn compile(profile: Profile) -> Outcome {
    // The manifest makes a plain library; only here it becomes a module of its own.
    let mut cargo = cargo(&["rustc", "--lib", "--crate-type", "cdylib"]);
    cargo.args(["--target", "wasm32-unknown-unknown"]);
    cargo.args(["--no-default-features", "--features", "hydrate"]);
    if profile == Profile::Release {
        cargo.args(["--profile", "wasm-release"]);
    }
    run(&mut cargo)
}

fn bind(profile: Profile, name: &str, package: &Path) -> Outcome {
    let wasm = target_folder()
        .join("wasm32-unknown-unknown")
        .join(profile.wasm_folder())
        .join(format!("{name}.wasm"));
    Bindgen::new()
        .input_path(&wasm)
        .web(true)
        .and_then(|bindgen| bindgen.out_name(name).typescript(false).generate(package))
        .map_err(|error| format!("wasm-bindgen: {error:#}"))?;
    let (from, to) =
        (package.join(format!("{name}_bg.wasm")), package.join(format!("{name}.wasm")));
    fs::rename(&from, &to).map_err(|error| format!("{}: {error}", from.display()))
}

fn copy(from: &Path, to: &Path) -> Outcome {
    fs::copy(from, to).map(|_| ()).map_err(|error| format!("{}: {error}", from.display()))
}

fn copy_folder(from: &Path, to: &Path) -> Outcome {
    fs::create_dir_all(to).map_err(|error| format!("{}: {error}", to.display()))?;
    for path in files_below(from)? {
        let target = to.join(path.strip_prefix(from).expect("found below this folder"));
        let folder = target.parent().expect("a file lies in a folder");
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        copy(&path, &target)?;
    }
    Ok(())
}

fn files_below(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files_below(&path)?) } else { found.push(path) }
    }
    Ok(found)
}

/// Writes `.br` and `.gz` beside every file that shrinks; the server sends those.
fn compress_folder(folder: &Path) -> Outcome {
    let files: Vec<_> = files_below(folder)?.into_iter().filter(|path| shrinks(path)).collect();
    let bar = indicatif::ProgressBar::new(files.len() as u64);
    for path in files {
        bar.set_message(path.display().to_string());
        let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        write_beside(&path, "br", &brotli_bytes(&bytes)?)?;
        write_beside(&path, "gz", &gzip_bytes(&bytes)?)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

fn shrinks(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    matches!(ending, "wasm" | "js" | "css" | "svg" | "txt" | "json" | "html")
}

fn write_beside(path: &Path, ending: &str, bytes: &[u8]) -> Outcome {
    let beside = PathBuf::from(format!("{}.{ending}", path.display()));
    fs::write(&beside, bytes).map_err(|error| format!("{}: {error}", beside.display()))
}

fn brotli_bytes(bytes: &[u8]) -> Outcome<Vec<u8>> {
    let mut out = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() };
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &parameters)
        .map_err(|error| format!("brotli: {error}"))?;
    Ok(out)
}

fn gzip_bytes(bytes: &[u8]) -> Outcome<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .map_err(|error| format!("gzip: {error}"))
}

/// Builds the browser half as for production and refuses one that is over the budget.
pub fn check_size_budget() -> Outcome {
    crate::prepare::wasm_target()?;
    build(Profile::Release)?;
    let name = leptos_setting("output-name")?;
    let package =
        project().join(leptos_setting("site-root")?).join(leptos_setting("site-pkg-dir")?);
    let mut total = 0;
    for file in [format!("{name}.wasm.br"), format!("{name}.js.br")] {
        let path = package.join(&file);
        let size = fs::metadata(&path)
            .map_err(|error| format!("{}: {error}", path.display()))?
            .len() as usize;
        println!("{file:>16}  {size:>8} bytes");
        total += size;
    }
    println!("{:>16}  {total:>8} bytes of {SIZE_BUDGET_BYTES}", "together");
    if total <= SIZE_BUDGET_BYTES {
        Ok(())
    } else {
        Err("The browser half is over its budget: see what the last change brought into an island."
            .to_owned())
    }
}
