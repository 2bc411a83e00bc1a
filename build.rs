//! Tells cargo that the program embeds the migration files: a new one must trigger a rebuild.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
