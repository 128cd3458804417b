//! What the adapter is told from outside.

use std::collections::BTreeMap;

use failback_core::catalogue::fault;
use failback_core::cloud::DrsQuotas;
use failback_core::region::Region;
use failback_core::{Error, Result};
use serde::Deserialize;

/// The settings, and the environment variables that they come from. All of them are optional.
///
/// Beside them, what Lambda sets and what every SDK of AWS heeds: `AWS_REGION`, `AWS_ACCESS_KEY_ID` and its kin,
/// `AWS_USE_FIPS_ENDPOINT`, and `AWS_ENDPOINT_URL` or, for one service, `AWS_ENDPOINT_URL_DRS`, `_EC2`, `_ROUTE_53`
/// (with its second underscore), `_SFN`, `_STS`, `_LAMBDA`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Config {
    /// The state machines whose executions are read. Only `check-readiness` and `claim-servers` ask for them.
    pub machines: Option<Machines>,
    /// The function's name in the template, which ends the names of its roles in other accounts.
    pub function: Option<String>,
    /// Roles to assume, by Region. A Region without one is called with the function's own credentials.
    pub roles: BTreeMap<Region, Role>,
    /// The role to assume for Route 53, where the zones lie in another account.
    pub dns_role: Option<Role>,
    /// Quotas of DRS that differ from AWS's defaults.
    pub quotas: DrsQuotas,
}

/// The ARNs of the two state machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machines {
    /// The drill's.
    pub drill: String,
    /// The failback's.
    pub failback: String,
}

/// A role of another account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// The external id that its trust policy asks for.
    pub external_id: Option<String>,
}

/// The key of `FAILBACK_ROLES` that is no Region.
const DNS: &str = "route53";

/// Quotas as they are written in `FAILBACK_DRS_QUOTAS`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Quotas {
    replicating_servers: Option<usize>,
    concurrent_jobs: Option<usize>,
    servers_per_job: Option<usize>,
    servers_in_jobs: Option<usize>,
}

impl Config {
    /// Both state machines' ARNs: together or not at all.
    pub const MACHINES: [&str; 2] = ["FAILBACK_DRILL_MACHINE", "FAILBACK_FAILBACK_MACHINE"];
    /// The function's name in the template. Needed where roles are given.
    pub const FUNCTION: &str = "FAILBACK_FUNCTION";
    /// Roles as JSON: `{"us-east-1": {"arn": "arn:aws:iam::…:role/…-", "externalId": "…"}, "route53": {…}}`, each ARN up to
    /// the function's name: no function can be configured with another one's. One whose ARN names no account counts as not
    /// given, so that a template can name all of them always.
    pub const ROLES: &str = "FAILBACK_ROLES";
    /// Quotas as JSON, each optional: `{"replicatingServers": 300, "concurrentJobs": 20, "serversPerJob": 100,
    /// "serversInJobs": 500}`.
    pub const QUOTAS: &str = "FAILBACK_DRS_QUOTAS";

    /// Reads the settings; `variable` is how an environment variable is looked up.
    ///
    /// # Errors
    /// `Internal` when a variable is not written as described here: the deployment is at fault, not the plan.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        // A variable that a template leaves empty counts as not set.
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let [drill, failback] = Self::MACHINES.map(variable);
        let machines = match (drill, failback) {
            (Some(drill), Some(failback)) => Some(Machines { drill, failback }),
            (None, None) => None,
            _ => {
                return Err(Error::from(fault::machines_are_set_apart(Self::MACHINES.join(" and "))));
            }
        };
        let function = variable(Self::FUNCTION);
        let roles = variable(Self::ROLES).map(|text| roles(&text, function.as_deref())).transpose()?;
        let (roles, dns_role) = roles.unwrap_or_default();
        let quotas = variable(Self::QUOTAS).map(|text| quotas(&text)).transpose()?.unwrap_or_default();
        Ok(Self { machines, function, roles, dns_role, quotas })
    }
}

fn roles(text: &str, function: Option<&str>) -> Result<(BTreeMap<Region, Role>, Option<Role>)> {
    let mut roles: BTreeMap<String, Role> = parse(Config::ROLES, text)?;
    roles.retain(|_, role| role.arn.split(':').nth(4).is_some_and(|account| !account.is_empty()));
    for role in roles.values_mut() {
        role.arn +=
            function.ok_or_else(|| Error::from(fault::setting_needs(Config::ROLES, Config::FUNCTION)))?;
    }
    let dns = roles.remove(DNS);
    let by_region = roles.into_iter().map(|(name, role)| {
        let region = name
            .parse::<Region>()
            .map_err(|error| Error::from(fault::setting_is_wrong(Config::ROLES, error)))?;
        Ok((region, role))
    });
    Ok((by_region.collect::<Result<_>>()?, dns))
}

fn quotas(text: &str) -> Result<DrsQuotas> {
    let given: Quotas = parse(Config::QUOTAS, text)?;
    let usual = DrsQuotas::default();
    Ok(DrsQuotas {
        replicating_servers: given.replicating_servers.unwrap_or(usual.replicating_servers),
        concurrent_jobs: given.concurrent_jobs.unwrap_or(usual.concurrent_jobs),
        servers_per_job: given.servers_per_job.unwrap_or(usual.servers_per_job),
        servers_in_jobs: given.servers_in_jobs.unwrap_or(usual.servers_in_jobs),
    })
}

fn parse<T: serde::de::DeserializeOwned>(name: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::from(fault::setting_is_wrong(name, error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config> {
        Config::read(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_set_is_enough() {
        assert_eq!(read(&[]).unwrap(), Config::default());
        assert_eq!(
            read(&[("FAILBACK_ROLES", ""), ("FAILBACK_DRILL_MACHINE", "")]).unwrap(),
            Config::default()
        );
        // What the template makes of parameters that are left empty.
        let roles = r#"{"us-east-1": {"arn": "arn:aws:iam:::role/drs-failback-a-", "externalId": ""},
            "route53": {"arn": "arn:aws:iam:::role/drs-failback-dns-", "externalId": ""}}"#;
        assert_eq!(read(&[("FAILBACK_ROLES", roles)]).unwrap(), Config::default());
    }

    #[test]
    fn everything_set_is_read() {
        let config = read(&[
            ("FAILBACK_DRILL_MACHINE", "arn:drill"),
            ("FAILBACK_FAILBACK_MACHINE", "arn:failback"),
            ("FAILBACK_FUNCTION", "ClaimServers"),
            (
                "FAILBACK_ROLES",
                r#"{"us-east-1":{"arn":"arn:aws:iam::1:role/a-","externalId":"x"},
                "route53":{"arn":"arn:aws:iam::2:role/dns-"}}"#,
            ),
            ("FAILBACK_DRS_QUOTAS", r#"{"serversPerJob":200}"#),
        ])
        .unwrap();
        let role =
            Role { arn: "arn:aws:iam::1:role/a-ClaimServers".to_owned(), external_id: Some("x".to_owned()) };
        assert_eq!(config.roles, BTreeMap::from([("us-east-1".parse().unwrap(), role)]));
        assert_eq!(
            config.dns_role.map(|role| role.arn),
            Some("arn:aws:iam::2:role/dns-ClaimServers".to_owned())
        );
        assert_eq!(config.quotas, DrsQuotas { servers_per_job: 200, ..DrsQuotas::default() });
        assert_eq!(config.machines.map(|machines| machines.failback), Some("arn:failback".to_owned()));
    }

    #[test]
    fn what_is_wrong_is_said_with_the_variable() {
        let wrong = [
            (("FAILBACK_DRILL_MACHINE", "arn:drill"), "FAILBACK_DRILL_MACHINE and FAILBACK_FAILBACK_MACHINE"),
            (
                ("FAILBACK_ROLES", r#"{"us-east-1":{"arn":"arn:aws:iam::1:role/a-"}}"#),
                "FAILBACK_ROLES needs FAILBACK_FUNCTION",
            ),
            (("FAILBACK_DRS_QUOTAS", r#"{"servers":1}"#), "FAILBACK_DRS_QUOTAS: unknown field `servers`"),
        ];
        for (variable, message) in wrong {
            let error = read(&[variable]).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
        let mars = ("FAILBACK_ROLES", r#"{"mars":{"arn":"arn:aws:iam::1:role/a-"}}"#);
        let error = read(&[mars, ("FAILBACK_FUNCTION", "ClaimServers")]).unwrap_err().to_string();
        assert!(error.contains("FAILBACK_ROLES: `mars` is not a Region"), "{error}");
    }
}
