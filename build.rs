fn main() {
    // Only the addon needs the linker settings; `--no-default-features` knows nothing of Node.
    if std::env::var_os("CARGO_FEATURE_NODE").is_some() {
        napi_build::setup();
    }
}
