//! AWS as the steps see it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use aws_config::SdkConfig;
use failback_core::Result;
use failback_core::cloud::{Clock, DrsQuotas, Quotas};
use failback_core::region::Region;
use failback_core::timestamp::Timestamp;

use crate::clients::Clients;
use crate::config::{Config, Machines};
use crate::environment;

/// Core's `Cloud`, over the AWS SDK.
#[derive(Debug)]
pub struct Aws {
    pub(crate) clients: Clients,
    pub(crate) machines: Option<Machines>,
    quotas: DrsQuotas,
    clock: SharedClock,
}

/// Where the time comes from.
#[derive(Clone)]
struct SharedClock(Arc<dyn Clock>);

impl fmt::Debug for SharedClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// The clock of the machine, which Lambda keeps right.
struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else asks")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn pause(&self, millis: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(Duration::from_millis(millis)))
    }
}

impl Aws {
    /// AWS, with the Region, credentials and endpoints of the environment; `variable` is how a variable of it is
    /// looked up. Makes no call.
    pub fn load(config: Config, variable: fn(&str) -> Option<String>) -> Self {
        Self::new(config, environment::sdk_config(variable))
    }

    /// AWS, with the SDK's settings given. Makes no call.
    pub fn new(config: Config, sdk: SdkConfig) -> Self {
        let clock = SharedClock(Arc::new(SystemClock));
        let (machines, quotas) = (config.machines.clone(), config.quotas);
        Self { clients: Clients::new(config, sdk, ""), machines, quotas, clock }
    }

    /// The same for calls of another execution, which other accounts then see in the name of the session. `None` where this
    /// one does: no role is assumed, or it is the same execution.
    pub fn for_execution(&self, execution: &str) -> Option<Self> {
        let clients = self.clients.for_execution(execution)?;
        let (machines, clock) = (self.machines.clone(), self.clock.clone());
        Some(Self { clients, machines, quotas: self.quotas, clock })
    }

    /// The same, in another time: what AWS answers is compared with the clock, so that a simulated AWS and those who
    /// call it need one clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = SharedClock(clock);
        self
    }
}

impl Clock for Aws {
    fn now(&self) -> Timestamp {
        self.clock.0.now()
    }

    fn pause(&self, millis: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.clock.0.pause(millis)
    }
}

#[async_trait]
impl Quotas for Aws {
    async fn drs_quotas(&self, _region: Region) -> Result<DrsQuotas> {
        Ok(self.quotas)
    }
}
