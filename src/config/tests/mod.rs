use std::collections::HashMap;

use serde_json::{Map, Value};

use super::*;
use crate::error::{Error, ErrorCode};

mod addresses;
mod changes;
mod lazy;
mod precedence;
mod redaction;
mod refusals;
mod settings;
mod tls;

type Variables<'a> = &'a [(&'a str, &'a str)];

fn load(options: Value, variables: Variables) -> Result<Config> {
    let Value::Object(options) = options else { panic!("options are an object") };
    let variables: HashMap<&str, &str> = variables.iter().copied().collect();
    Config::load(&options, &|name| variables.get(name).map(|text| (*text).to_owned()))
}

fn from_env(variables: Variables) -> Config {
    load(Value::Object(Map::new()), variables).unwrap()
}

fn from_options(options: Value) -> Config {
    load(options, &[]).unwrap()
}

fn refused(options: Value, variables: Variables) -> Error {
    let error = load(options, variables).expect_err("the value is not allowed");
    assert_eq!(error.code(), ErrorCode::Config);
    error
}

fn tcp(host: &str, port: u16) -> Endpoint {
    Endpoint::Tcp { host: host.to_owned(), port }
}

fn single(host: &str, port: u16) -> Topology {
    Topology::Single(tcp(host, port))
}
