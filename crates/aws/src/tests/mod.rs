//! The adapter against canned answers: real serialising, signing, retrying and parsing, without a socket.

mod answers;
mod clients;
mod ec2;
mod errors;
mod paging;
mod requests;
mod route53;
mod second_opinion;
mod step_functions;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_drs::config::http::{HttpRequest, HttpResponse};
use aws_sdk_drs::config::{Credentials, RuntimeComponents, SharedCredentialsProvider};
use aws_sdk_drs::error::ConnectorError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_types::body::SdkBody;
use failback_core::region::Region;
use serde_json::Value;

use crate::{Aws, Config};

/// One answer. Without a status, the connection is cut.
#[derive(Debug, Clone)]
struct Answer {
    status: Option<u16>,
    headers: Vec<(&'static str, String)>,
    body: String,
}

#[expect(clippy::needless_pass_by_value, reason = "a test reads better without borrowing what it makes up")]
impl Answer {
    fn ok(body: impl ToString) -> Self {
        Self::status(200, body)
    }

    fn status(status: u16, body: impl ToString) -> Self {
        Self { status: Some(status), headers: Vec::new(), body: body.to_string() }
    }

    fn cut() -> Self {
        Self { status: None, headers: Vec::new(), body: String::new() }
    }

    fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

/// One request, as it would go over the wire.
#[derive(Debug, Clone)]
struct Asked {
    method: String,
    uri: String,
    authorization: String,
    body: String,
}

impl Asked {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The parameters of a query-protocol body.
    fn parameter(&self, name: &str) -> Option<&str> {
        self.body.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }
}

/// Answers in order; the last answer is repeated for whoever asks more often.
#[derive(Debug, Clone, Default)]
struct Canned {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Canned {
    fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..Self::default() }
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    fn credentials() -> SharedCredentialsProvider {
        SharedCredentialsProvider::new(Credentials::new("AKIDHOME", "secret", None, None, "test"))
    }

    fn aws(&self) -> Aws {
        self.aws_with(Config::default())
    }

    fn aws_with(&self, config: Config) -> Aws {
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(aws_config::Region::new("us-east-1"))
            .credentials_provider(Self::credentials())
            .http_client(self.clone())
            .build();
        Aws::new(config, sdk)
    }
}

impl HttpClient for Canned {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Canned {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        self.asked.lock().unwrap().push(Asked {
            method: request.method().to_owned(),
            uri: request.uri().to_owned(),
            authorization: request.headers().get("authorization").unwrap_or_default().to_owned(),
            body: String::from_utf8(body.to_vec()).unwrap(),
        });
        let mut answers = self.answers.lock().unwrap();
        let last = answers.len() < 2;
        let answer = if last { answers.front().cloned() } else { answers.pop_front() }.expect("an answer");
        let Some(status) = answer.status else {
            return HttpConnectorFuture::ready(Err(ConnectorError::io("connection reset".into())));
        };
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(answer.body));
        for (name, value) in answer.headers {
            response.headers_mut().insert(name, value);
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

fn east() -> Region {
    "us-east-1".parse().unwrap()
}

fn west() -> Region {
    "us-west-2".parse().unwrap()
}

/// The n-th id of a kind whose 17 last characters are free.
fn nth<T: std::str::FromStr<Err: std::fmt::Debug>>(prefix: &str, n: usize) -> T {
    format!("{prefix}{n:017x}").parse().unwrap()
}
