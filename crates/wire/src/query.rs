//! The parameters of AWS's query protocols, which EC2 and STS use.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use failback_sim::ServiceError;

use crate::paging::Page;
use crate::request::HttpRequest;

/// The parameters of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Reads the parameters of the body, or else of the query string.
    pub(crate) fn read(request: &HttpRequest) -> Self {
        let bytes = if request.body.is_empty() { request.query.as_bytes() } else { &request.body };
        Self(
            form_urlencoded::parse(bytes)
                .map(|(key, value)| (key.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns the operation.
    pub(crate) fn action(&self) -> &str {
        self.text("Action").unwrap_or_default()
    }

    /// Returns the values of `NAME.1`, `NAME.2`…
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let numbered = |n: usize| self.text(&format!("{name}.{n}"));
        (1..).map_while(numbered).collect()
    }

    /// Returns a required id.
    pub(crate) fn id<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, ServiceError> {
        let missing = || {
            ServiceError::new("MissingParameter", format!("The request must contain the parameter {name}"))
        };
        malformed(name, self.text(name).ok_or_else(missing)?)
    }

    /// Returns the ids of a list.
    pub(crate) fn ids<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Vec<T>, ServiceError> {
        self.list(name).into_iter().map(|text| malformed(name, text)).collect()
    }

    /// Returns the names and values of `Filter.1.Name`, `Filter.1.Value.1`…
    pub(crate) fn filters(&self) -> Vec<(&str, Vec<&str>)> {
        let filter = |n: usize| {
            let name = self.text(&format!("Filter.{n}.Name"))?;
            Some((name, self.list(&format!("Filter.{n}.Value"))))
        };
        (1..).map_while(filter).collect()
    }

    /// Reports whether the name of any parameter starts with the prefix.
    pub(crate) fn has(&self, prefix: &str) -> bool {
        self.0.keys().any(|key| key.starts_with(prefix))
    }

    /// Returns the requested page. EC2 has its own error for an invalid one.
    pub(crate) fn page(&self, most: usize) -> Result<Page, ServiceError> {
        let wrong = |message: String| ServiceError::new("InvalidParameterValue", message);
        let size = self.text("MaxResults");
        let size = size.map(|text| text.parse::<u64>().map_err(|_| wrong(format!("MaxResults: {text}"))));
        Page::new(Some(size.transpose()?.unwrap_or(1_000)), self.text("NextToken"), most)
            .map_err(|fault| wrong(fault.message))
    }
}

fn malformed<T: FromStr<Err: Display>>(name: &str, text: &str) -> Result<T, ServiceError> {
    let kind = name.trim_end_matches("Id");
    text.parse().map_err(|error: T::Err| match kind {
        "Instance" => ServiceError::new("InvalidInstanceID.Malformed", format!("Invalid id: \"{text}\"")),
        "LaunchTemplate" => ServiceError::new("InvalidLaunchTemplateId.Malformed", format!("{error}")),
        _ => ServiceError::new("InvalidParameterValue", format!("{name}: {error}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_filters_are_numbered_from_one() {
        let body = b"Action=DescribeInstances&InstanceId.1=i-00000001&InstanceId.2=i-00000002&Filter.1.Name=tag%3Aapp&Filter.1.Value.1=shop";
        let request = HttpRequest { body: body.to_vec(), ..HttpRequest::default() };
        let parameters = Parameters::read(&request);
        assert_eq!(parameters.action(), "DescribeInstances");
        assert_eq!(parameters.list("InstanceId"), ["i-00000001", "i-00000002"]);
        assert_eq!(parameters.filters(), [("tag:app", vec!["shop"])]);
    }
}
