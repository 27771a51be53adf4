//! Migrations are embedded at compile time: a changed file builds the crate anew.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
