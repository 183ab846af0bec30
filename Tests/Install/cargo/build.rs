//! Links what pkg-config says, without a crate for it: this builds offline.
use std::process::Command;

fn main() {
    let asked = Command::new("pkg-config").args(["--libs", "facestyle"]).output().expect("pkg-config runs");
    assert!(asked.status.success(), "pkg-config does not know facestyle; expected PKG_CONFIG_PATH to name its folder");
    for flag in String::from_utf8(asked.stdout).expect("UTF-8").split_whitespace() {
        if let Some(folder) = flag.strip_prefix("-L") {
            println!("cargo:rustc-link-search=native={folder}");
        } else if let Some(name) = flag.strip_prefix("-l") {
            println!("cargo:rustc-link-lib={name}");
        }
    }
}
