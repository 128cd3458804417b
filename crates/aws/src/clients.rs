//! One client for each service and Region, made when it is first needed; all share connections and credentials.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_drs::config::retry::{RetryConfig, RetryPartition, TokenBucket};
use aws_sdk_drs::config::timeout::TimeoutConfig;
use aws_sdk_drs::config::{IdentityCache, SharedCredentialsProvider};
use failback_core::catalogue::fault;
use failback_core::region::Region;
use failback_core::{Error, Result};

use crate::config::Config;
use crate::roles::{self, AssumedRole};

/// The SDK waits without end for a server that says nothing. A function may run for less than a minute.
const CONNECT: Duration = Duration::from_secs(3);
/// For the first byte of an answer. StartRecovery of 100 servers takes its time.
const READ: Duration = Duration::from_secs(15);
const ATTEMPT: Duration = Duration::from_secs(20);
const OPERATION: Duration = Duration::from_secs(30);
/// For credentials of a role.
const CREDENTIALS: Duration = Duration::from_secs(5);

/// One quick second try of what only reads. The retries that people see are those of the state machine.
const READING_ATTEMPTS: u32 = 2;
const BACKOFF_FIRST: Duration = Duration::from_millis(200);
const BACKOFF_MOST: Duration = Duration::from_secs(2);
/// The SDK's own bucket is shared by the whole process and is never refilled: after a storm, an environment that
/// stays warm would not retry any more.
const TOKENS: usize = 100;
const TOKENS_PER_SECOND: f32 = 2.0;

/// A client that reads, and one that changes things and never asks twice: a call that got no answer may have taken
/// effect, and only a step can look whether it has (drs-facts §5).
#[derive(Debug, Clone)]
pub(crate) struct Pair<C> {
    pub(crate) read: C,
    pub(crate) write: C,
}

/// The clients made so far, and what is needed to make more.
#[derive(Debug)]
pub(crate) struct Clients {
    sdk: SdkConfig,
    config: Config,
    /// The name of the sessions of the roles.
    session: String,
    roles: HashMap<Region, SharedCredentialsProvider>,
    dns_role: Option<SharedCredentialsProvider>,
    drs: Mutex<HashMap<Region, Pair<aws_sdk_drs::Client>>>,
    ec2: Mutex<HashMap<Region, Pair<aws_sdk_ec2::Client>>>,
    route53: Mutex<HashMap<(), Pair<aws_sdk_route53::Client>>>,
    states: Mutex<HashMap<String, Pair<aws_sdk_sfn::Client>>>,
    lambda: Mutex<HashMap<String, Pair<aws_sdk_lambda::Client>>>,
}

macro_rules! pair {
    ($service:ident, $sdk:expr, $region:expr, $role:expr) => {{
        let client = |retry: RetryConfig| {
            let mut config = $service::config::Builder::from($sdk)
                .region($service::config::Region::new($region))
                .timeout_config(timeouts())
                .retry_config(retry)
                .retry_partition(partition(stringify!($service)));
            if let Some(role) = $role {
                // Not `credentials_provider`, which would wrap the role anew and assume it for every client.
                config.set_credentials_provider(Some(role.clone()));
            }
            $service::Client::from_conf(config.build())
        };
        Pair { read: client(reading()), write: client(RetryConfig::disabled()) }
    }};
}

impl Clients {
    /// Clients for calls of an execution, whose name the sessions of roles have.
    pub(crate) fn new(config: Config, sdk: SdkConfig, execution: &str) -> Self {
        let cache = IdentityCache::lazy().load_timeout(CREDENTIALS).build();
        let sdk = sdk
            .into_builder()
            .identity_cache(cache)
            .timeout_config(timeouts())
            .retry_config(reading())
            .build();
        let session = session(&config, execution);
        let assumed =
            |role, region| SharedCredentialsProvider::new(AssumedRole::new(&sdk, role, region, &session));
        let roles =
            config.roles.iter().map(|(region, role)| (*region, assumed(role, region.as_str()))).collect();
        let dns_role = config.dns_role.as_ref().map(|role| assumed(role, home(&sdk)));
        let (drs, ec2, route53, states, lambda) = Default::default();
        Self { sdk, config, session, roles, dns_role, drs, ec2, route53, states, lambda }
    }

    /// The same for calls of another execution. `None` where these do: no role is assumed, or it is the same execution.
    pub(crate) fn for_execution(&self, execution: &str) -> Option<Self> {
        let assumes = !self.roles.is_empty() || self.dns_role.is_some();
        (assumes && session(&self.config, execution) != self.session)
            .then(|| Self::new(self.config.clone(), self.sdk.clone(), execution))
    }

    pub(crate) fn drs(&self, region: Region) -> Pair<aws_sdk_drs::Client> {
        let make = || pair!(aws_sdk_drs, &self.sdk, region.as_str(), self.roles.get(&region));
        cached(&self.drs, region, make)
    }

    pub(crate) fn ec2(&self, region: Region) -> Pair<aws_sdk_ec2::Client> {
        let make = || pair!(aws_sdk_ec2, &self.sdk, region.as_str(), self.roles.get(&region));
        cached(&self.ec2, region, make)
    }

    /// Route 53 has one endpoint for each partition, which the SDK finds from any Region of it.
    pub(crate) fn route53(&self) -> Pair<aws_sdk_route53::Client> {
        let region = home(&self.sdk).to_owned();
        let make = || pair!(aws_sdk_route53, &self.sdk, region.clone(), self.dns_role.as_ref());
        cached(&self.route53, (), make)
    }

    /// The client for a state machine, in the Region that its ARN names.
    pub(crate) fn states(&self, machine: &str) -> Result<Pair<aws_sdk_sfn::Client>> {
        let region = region_of(machine)?;
        let make = || pair!(aws_sdk_sfn, &self.sdk, region.to_owned(), None::<&SharedCredentialsProvider>);
        Ok(cached(&self.states, region.to_owned(), make))
    }

    /// The client for a function, likewise.
    pub(crate) fn lambda(&self, function: &str) -> Result<Pair<aws_sdk_lambda::Client>> {
        let region = region_of(function)?;
        let make = || pair!(aws_sdk_lambda, &self.sdk, region.to_owned(), None::<&SharedCredentialsProvider>);
        Ok(cached(&self.lambda, region.to_owned(), make))
    }
}

/// The Region that an ARN names.
fn region_of(arn: &str) -> Result<&str> {
    let region = arn.split(':').nth(3).filter(|region| !region.is_empty());
    region.ok_or_else(|| Error::from(fault::is_no_arn(arn)))
}

fn session(config: &Config, execution: &str) -> String {
    roles::session(config.function.as_deref().unwrap_or("drs-failback"), execution)
}

/// The Region of this environment; only its partition matters.
fn home(sdk: &SdkConfig) -> &str {
    sdk.region().map_or("us-east-1", |region| region.as_ref())
}

fn cached<K: std::hash::Hash + Eq, C: Clone>(
    cache: &Mutex<HashMap<K, C>>,
    key: K,
    make: impl FnOnce() -> C,
) -> C {
    // A panic elsewhere leaves the map whole: entries are only ever added.
    cache.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert_with(make).clone()
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .read_timeout(READ)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build()
}

fn reading() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(READING_ATTEMPTS)
        .with_initial_backoff(BACKOFF_FIRST)
        .with_max_backoff(BACKOFF_MOST)
}

fn partition(name: &'static str) -> RetryPartition {
    let bucket = TokenBucket::builder().capacity(TOKENS).refill_rate(TOKENS_PER_SECOND).build();
    RetryPartition::custom(name).token_bucket(bucket).build()
}
