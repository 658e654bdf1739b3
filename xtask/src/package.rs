//! `cargo xtask build`: the npm package in `pkg/`, as it is published.
//!
//! Cargo compiles, wasm-bindgen writes the glue, wasm-opt shrinks the module, and the hand-written part from `pkg-template/`
//! goes around them. What wasm-opt makes of the module is kept for as long as nothing that it is made from changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::command::{Arguments, Command};
use crate::failure::{Result, While};
use crate::parts::{PARTS, Part, module_file};
use crate::split;
use crate::tool::{self, Tool};
use crate::wasm::{self, Module};
use crate::workspace::{self, PACKAGE, WASM_TARGET};
use crate::{formatting, npm, order, process, progress, shrink};

pub(crate) const COMMAND: Command = Command {
    name: "build",
    summary: "Build the npm package into pkg/",
    details: "Compiles the crate to WebAssembly, shrinks it, and leaves in pkg/ what npm publishes. What is up to date is not\n\
              built again.",
    options: &[],
    run,
};

pub(crate) const TOOLS: &[Tool] = &[Tool::WasmTarget, Tool::WasmBindgen, Tool::Npm(npm::TOOLS)];

/// Files of the package that are not put into others: presets are loaded by name, and who imports `AuthError` only needs no more.
const ALONE: &[&str] = &["--external:./providers/index.js", "--external:./auth-error.js"];

/// Behind the glue of a module that has chunks.
const LOADER: &str = include_str!("loader.js");

const LIMIT: Duration = Duration::from_secs(15 * 60);

/// One by one: `--all-features` makes wasm-opt write imports that browsers refuse.
const FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-reference-types",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-multivalue",
];

/// Without nested expressions the second half of the passes finds more that is the same. The first kilobyte of the memory is
/// the far end of the stack: nothing lies there.
const PASSES: &[&str] = &["--flatten", "--rereloop", "-Oz", "-Oz", "--low-memory-unused"];

fn run(_: &Arguments) -> Result<ExitCode> {
    tool::require(TOOLS)?;
    build()?;
    Ok(ExitCode::SUCCESS)
}

/// For callers that have seen to `TOOLS`.
pub(crate) fn build() -> Result<()> {
    let started = Instant::now();
    for part in PARTS {
        make(part, &compiled(part)?)?;
    }
    assemble()?;
    check()?;
    progress::note("build", format_args!("pkg/ is ready ({})", progress::seconds(started.elapsed())));
    Ok(())
}

pub(crate) fn folder() -> PathBuf {
    workspace::root().join("pkg")
}

/// What Cargo makes of the part, kept: the parts are one file to it, and it would compile each of them anew after the other.
fn compiled(part: &Part) -> Result<Vec<u8>> {
    let output = part.scratch().with_extension("compiled.wasm");
    let stamp = part.scratch().with_extension("compiled.stamp");
    let fingerprint = sources(part)?;
    if !fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == fingerprint) {
        let module = compile(part)?;
        fs::create_dir_all(workspace::scratch().join("package")).during("cannot make the scratch folder")?;
        fs::write(&output, module).during("cannot keep the compiled module")?;
        fs::write(&stamp, fingerprint).during("cannot note what the module was compiled from")?;
    }
    fs::read(&output).during("cannot read the compiled module")
}

/// What the compiled module depends on.
fn sources(part: &Part) -> Result<String> {
    let compiler = process::ask(process::command("rustc").arg("-vV"))?;
    let mut all = vec![part.features.as_bytes().to_vec(), compiler.into_bytes(), include_bytes!("package.rs").to_vec()];
    let mut waiting: Vec<PathBuf> = ["src", "Cargo.toml", "Cargo.lock"].map(|name| workspace::root().join(name)).into();
    while let Some(path) = waiting.pop() {
        let unreadable = format!("cannot read {}", path.display());
        if path.is_dir() {
            let entries = fs::read_dir(&path).during(&unreadable)?.flatten();
            let mut entries: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
            entries.sort_unstable();
            waiting.extend(entries);
        } else {
            all.push(path.as_os_str().as_encoded_bytes().to_vec());
            all.push(fs::read(&path).during(&unreadable)?);
        }
    }
    let all: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
    Ok(workspace::fingerprint(&all))
}

fn compile(part: &Part) -> Result<Vec<u8>> {
    progress::note("build", format_args!("compiling the crate to WebAssembly: {}", part.name));
    let mut cargo = process::command("cargo");
    cargo.args(["rustc", "--release", "--package", PACKAGE, "--lib", "--target", WASM_TARGET]);
    cargo.args(["--no-default-features", "--features", part.features]);
    // And nothing else: with an rlib beside it, link-time optimisation would keep a sixth more.
    cargo.args(["--crate-type", "cdylib"]);
    // For `shrink`: who refers to whom.
    cargo.args(["--", "-C", "link-arg=--emit-relocs"]);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", without_local_paths()?.join("\x1f"));
    process::run(&mut cargo)?;
    let file =
        workspace::target().join(WASM_TARGET).join("release").join(PACKAGE.replace('-', "_")).with_extension("wasm");
    fs::read(&file).during(format_args!("cannot read {}", file.display()))
}

/// The flags that leave out of panic messages where this machine keeps the sources: of a dependency's file its crate and its
/// place in there remain.
fn without_local_paths() -> Result<Vec<String>> {
    let sysroot = process::ask(process::command("rustc").args(["--print", "sysroot"]))?;
    let registry = workspace::cargo_home().join("registry").join("src");
    let registries = fs::read_dir(&registry).into_iter().flatten().flatten().map(|entry| entry.path());
    let sources = [workspace::root().to_path_buf(), PathBuf::from(sysroot).join("lib/rustlib/src/rust")];
    Ok(sources.into_iter().chain(registries).map(|path| format!("--remap-path-prefix={}/=", path.display())).collect())
}

/// Leaves the glue and the optimised module in the part's folder.
fn make(part: &Part, compiled: &[u8]) -> Result<()> {
    let folder = part.scratch();
    let stamp = folder.join("stamp");
    let lock = workspace::read("xtask/node/package-lock.json")?;
    let ourselves = [
        include_str!("package.rs"),
        include_str!("parts.rs"),
        include_str!("shrink.rs"),
        include_str!("links.rs"),
        include_str!("futures.rs"),
        include_str!("split/mod.rs"),
        include_str!("split/part.rs"),
        include_str!("split/plan.rs"),
        include_str!("split/shared.rs"),
        include_str!("split/whole.rs"),
        include_str!("code.rs"),
        include_str!("order.rs"),
        LOADER,
    ]
    .concat();
    let scripts: String = part.scripts.iter().map(|(_, script)| *script).collect();
    let bindgen = workspace::locked_version("wasm-bindgen")?;
    let fingerprint = workspace::fingerprint(&[
        compiled,
        lock.as_bytes(),
        ourselves.as_bytes(),
        scripts.as_bytes(),
        bindgen.as_bytes(),
    ]);
    if fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == fingerprint) {
        return Ok(());
    }

    if folder.exists() {
        fs::remove_dir_all(&folder).during(format_args!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).during(format_args!("cannot make {}", folder.display()))?;
    fs::write(folder.join("compiled.wasm"), compiled).during("cannot write the compiled module")?;
    formatting::check(compiled)?;
    let plan = split::plan(compiled, part.chunks)?;
    let input = folder.join("input.wasm");
    fs::write(&input, shrink::without_needless_code(compiled)?).during("cannot write the compiled module")?;

    progress::note("build", format_args!("writing the glue of {}", part.name));
    let generated = folder.join("generated");
    bind(part, &input, &generated)?;

    let module = optimised(part, &generated.join(part.module()), &lock)?;
    let mut glue = fs::read_to_string(generated.join(part.glue())).during("cannot read the glue")?;
    if !part.chunks.is_empty() {
        glue.push_str(LOADER);
    }
    for (name, script) in part.scripts {
        fs::write(generated.join(name), script).during("cannot write the glue")?;
    }
    let (module, glue) = shrink::with_short_names(part.name, &module, &glue)?;
    for (name, module) in part.modules().zip(split::split(&module, &plan)?) {
        fs::write(part.named_module(name), &module).during("cannot write a module")?;
        let module = order::like_beside_like(&wasm::without_custom_sections(&module)?)?;
        fs::write(folder.join(module_file(name)), module).during("cannot write the optimised module")?;
    }
    fs::write(generated.join(part.glue()), glue).during("cannot write the glue")?;
    bundle(part, &generated, &folder.join(part.glue()))?;

    fs::write(&stamp, fingerprint).during("cannot note what the package was made from")
}

fn bind(part: &Part, module: &Path, output: &Path) -> Result<()> {
    let mut bindgen = process::command("wasm-bindgen");
    bindgen.args(["--target", "web", "--no-typescript", "--out-name", part.name]);
    // `size` wants the mangled names: they say the crate unambiguously.
    bindgen.arg("--no-demangle").arg("--out-dir").arg(output).arg(module);
    process::run_silently(bindgen, LIMIT)
}

/// The glue and the scripts that it imports as one. Nobody reads generated code, and a page without a bundler loads it as it is:
/// minified it is a third less after compression, and what `index.js` does not use is left out.
fn bundle(part: &Part, generated: &Path, output: &Path) -> Result<()> {
    let entry = generated.join("entry.js");
    fs::write(&entry, part.exports).during("cannot write the entry of the glue")?;
    let mut esbuild = esbuild();
    esbuild.arg("--bundle").args(ALONE);
    esbuild.arg(format!("--outfile={}", output.display())).arg(entry);
    process::run_silently(esbuild, LIMIT)
}

/// What the optimiser makes of a module, kept: it takes longer than all else together.
fn optimised(part: &Part, module: &Path, lock: &str) -> Result<Vec<u8>> {
    let before = fs::read(module).during("cannot read what the binding generator has written")?;
    let options = [PASSES, FEATURES].concat().join(" ");
    let fingerprint = workspace::fingerprint(&[&before, lock.as_bytes(), options.as_bytes()]);
    let output = part.scratch().with_extension("optimised.wasm");
    let stamp = part.scratch().with_extension("optimised.stamp");
    if !fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == fingerprint) {
        progress::note("build", format_args!("optimising {}", part.module()));
        optimise(module, &output)?;
        fs::write(&stamp, fingerprint).during("cannot note what the module was made from")?;
    }
    fs::read(&output).during("cannot read the optimised module")
}

/// What a script of the template becomes: the same, without comments and long names, and with those scripts in it that nobody else
/// imports.
fn minify(script: &Path) -> Result<()> {
    let mut esbuild = esbuild();
    esbuild.arg("--bundle").args(ALONE);
    esbuild.args(PARTS.iter().map(|part| format!("--external:./{}", part.glue())));
    esbuild.arg("--allow-overwrite").arg(format!("--outfile={}", script.display())).arg(script);
    process::run_silently(esbuild, LIMIT)?;
    let text = fs::read_to_string(script).during("cannot read a minified script")?;
    fs::write(script, with_eager_chunks(&text)).during("cannot write a minified script")
}

/// The word to webpack that stands in the template at each of our chunks, and that esbuild drops.
fn with_eager_chunks(script: &str) -> String {
    PARTS.iter().fold(script.to_owned(), |script, part| {
        let import = format!("import(\"./{}\")", part.glue());
        script.replace(&import, &format!("import(/* webpackMode: \"eager\" */\"./{}\")", part.glue()))
    })
}

fn esbuild() -> std::process::Command {
    // Not through `node`: on most systems this is an executable.
    let mut esbuild = process::command(node_module(".bin/esbuild"));
    esbuild.args(["--minify", "--format=esm", "--target=es2022", "--legal-comments=none", "--log-level=warning"]);
    esbuild
}

fn optimise(module: &Path, output: &Path) -> Result<()> {
    let mut node = process::command("node");
    // The optimiser recurses deeper than Node's stack usually is.
    node.arg("--stack-size=8000").arg(node_module("binaryen/bin/wasm-opt"));
    node.args(PASSES).arg("--debuginfo").args(FEATURES).arg(module).arg("--output").arg(output);
    process::run_silently(node, LIMIT)
}

fn node_module(path: &str) -> PathBuf {
    workspace::root().join(npm::TOOLS).join("node_modules").join(path)
}

/// Always anew: a file that was taken out of the template must not stay in the package.
fn assemble() -> Result<()> {
    let package = folder();
    if package.exists() {
        fs::remove_dir_all(&package).during("cannot empty pkg/")?;
    }
    let root = workspace::root();
    copy_folder(&root.join("pkg-template"), &package)?;
    minify(&package.join("index.js"))?;
    minify(&package.join("auth-error.js"))?;
    // They are in the first by now.
    for script in ["ahead.js", "early.js"] {
        fs::remove_file(package.join(script)).during("cannot remove what is bundled")?;
    }
    for part in PARTS {
        for name in std::iter::once(part.glue()).chain(part.modules().map(module_file)) {
            copy(&part.scratch().join(&name), &package.join(name))?;
        }
    }
    for name in ["README.md", "LICENSE-MIT", "LICENSE-APACHE"] {
        copy(&root.join(name), &package.join(name))?;
    }
    let manifest = package.join("package.json");
    let text = fs::read_to_string(&manifest).during("pkg-template/ has no package.json")?;
    let text = with_version(&text, &workspace::locked_version(PACKAGE)?)
        .ok_or("pkg-template/package.json needs a line `\"version\": \"0.0.0\",` for the build to fill in.")?;
    fs::write(&manifest, text).during("cannot write pkg/package.json")
}

/// Cargo.toml holds the only version; the template holds a placeholder.
fn with_version(manifest: &str, version: &str) -> Option<String> {
    const PLACEHOLDER: &str = "\"version\": \"0.0.0\"";
    manifest.contains(PLACEHOLDER).then(|| manifest.replacen(PLACEHOLDER, &format!("\"version\": \"{version}\""), 1))
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).during(format_args!("cannot make {}", to.display()))?;
    for entry in fs::read_dir(from).during(format_args!("cannot read {}", from.display()))? {
        let entry = entry.during(format_args!("cannot read {}", from.display()))?;
        let (source, copied) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy_folder(&source, &copied)?;
        } else {
            copy(&source, &copied)?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).map(drop).during(format_args!("cannot copy {}", from.display()))
}

/// What would keep the package from running where it promises to run.
fn check() -> Result<()> {
    for part in PARTS {
        for module in part.modules() {
            check_module(&part.scratch().join(module_file(module)))?;
        }
    }
    let mut scripts = npm::script("check-scripts.mjs");
    scripts.arg(folder());
    process::run(&mut scripts)
}

fn check_module(file: &Path) -> Result<()> {
    let module = fs::read(file).during("cannot read the optimised module")?;
    for path in [workspace::root().to_path_buf(), workspace::cargo_home()] {
        if contains(&module, path.as_os_str().as_encoded_bytes()) {
            return Err(format!(
                "the module has {} in it: a compiler flag that leaves it out is missing.",
                path.display()
            )
            .into());
        }
    }
    let foreign: Vec<String> = Module::read(&module)?
        .imports
        .iter()
        // C code or a forgotten `extern` leaves these: no page provides them.
        .filter(|import| import.module == "env")
        .map(|import| import.name.clone())
        .collect();
    if foreign.is_empty() {
        return Ok(());
    }
    Err(format!(
        "the module imports {} from `env`, which no browser provides; find the dependency that expects a C library.",
        foreign.join(", ")
    )
    .into())
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_path_in_a_module() {
        assert!(contains(b"\0asm /home/a/src/lib.rs\0", b"/home/a"));
        assert!(!contains(b"\0asm src/lib.rs\0", b"/home/a"));
    }

    #[test]
    fn tells_webpack_where_the_chunks_belong() {
        let script = r#"import*as t from"./core.js";import("./credentials.js");import("./providers/index.js")"#;
        let expected = r#"import*as t from"./core.js";import(/* webpackMode: "eager" */"./credentials.js");import("./providers/index.js")"#;
        assert_eq!(with_eager_chunks(script), expected);
    }

    #[test]
    fn fills_in_the_version_once() {
        let manifest = "{ \"name\": \"x\", \"version\": \"0.0.0\", \"dependencies\": {} }";
        assert_eq!(
            with_version(manifest, "1.2.3").unwrap(),
            "{ \"name\": \"x\", \"version\": \"1.2.3\", \"dependencies\": {} }"
        );
        assert_eq!(with_version("{}", "1.2.3"), None);
    }
}
