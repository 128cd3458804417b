//! The input of a DRS operation: JSON. Members that the operation does not read are ignored.

use std::fmt::Display;
use std::str::FromStr;

use failback_core::cloud::Tags;
use failback_core::timestamp::Timestamp;
use failback_sim::ServiceError;
use serde_json::Value;

use crate::paging::Page;
use crate::request::HttpRequest;

/// The input of an operation: the body of the request, and the values in its path and query.
pub(crate) struct Input {
    body: Value,
    /// `resourceArn` of the tags operations.
    pub(crate) arn: String,
    /// `tagKeys` of UntagResource.
    pub(crate) tag_keys: Vec<String>,
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::new("ValidationException", message)
}

impl Input {
    /// Reads the input of a request.
    ///
    /// # Errors
    /// When the body is not a JSON object.
    pub(crate) fn read(request: &HttpRequest, arn: Option<&String>) -> Result<Self, ServiceError> {
        let body = if request.body.is_empty() {
            Value::Object(serde_json::Map::new())
        } else {
            serde_json::from_slice(&request.body).map_err(|_| invalid("Invalid request body"))?
        };
        if !body.is_object() {
            return Err(invalid("Invalid request body"));
        }
        let tag_keys = request.parameters("tagKeys");
        Ok(Self { body, arn: arn.cloned().unwrap_or_default(), tag_keys })
    }

    fn at(&self, path: &str) -> Option<&Value> {
        self.body.pointer(path).filter(|value| !value.is_null())
    }

    /// Reads an optional string.
    pub(crate) fn text(&self, path: &str) -> Result<Option<&str>, ServiceError> {
        self.at(path).map(|value| value.as_str().ok_or_else(|| wrong(path, "a string"))).transpose()
    }

    /// Reads an optional boolean.
    pub(crate) fn flag(&self, path: &str) -> Result<Option<bool>, ServiceError> {
        self.at(path).map(|value| value.as_bool().ok_or_else(|| wrong(path, "a boolean"))).transpose()
    }

    /// Reads an optional date and time.
    pub(crate) fn moment(&self, path: &str) -> Result<Option<i64>, ServiceError> {
        let read = |text: &str| Timestamp::parse(text).ok_or_else(|| wrong(path, "a date and time"));
        Ok(self.text(path)?.map(read).transpose()?.map(Timestamp::millis))
    }

    /// Reads a required id.
    pub(crate) fn id<T: FromStr<Err: Display>>(&self, path: &str) -> Result<T, ServiceError> {
        let text = self.text(path)?.ok_or_else(|| invalid(format!("{} is required", name(path))))?;
        text.parse().map_err(|error: T::Err| invalid(format!("{}: {error}", name(path))))
    }

    /// Reads ids; none where the member is missing.
    pub(crate) fn ids<T: FromStr<Err: Display>>(&self, path: &str) -> Result<Vec<T>, ServiceError> {
        let Some(value) = self.at(path) else { return Ok(Vec::new()) };
        let items = value.as_array().ok_or_else(|| wrong(path, "a list"))?;
        let read = |item: &Value| {
            let text = item.as_str().ok_or_else(|| wrong(path, "a list of strings"))?;
            text.parse().map_err(|error: T::Err| invalid(format!("{}: {error}", name(path))))
        };
        items.iter().map(read).collect()
    }

    /// Reads a required list of objects.
    pub(crate) fn objects(&self, path: &str) -> Result<Vec<Self>, ServiceError> {
        let items = self.at(path).and_then(Value::as_array);
        let items = items.ok_or_else(|| invalid(format!("{} is required", name(path))))?;
        let read = |item: &Value| {
            let body = item.clone();
            body.is_object()
                .then_some(Self { body, arn: String::new(), tag_keys: Vec::new() })
                .ok_or_else(|| wrong(path, "a list of objects"))
        };
        items.iter().map(read).collect()
    }

    /// Reads tags; none where the member is missing.
    pub(crate) fn tags(&self) -> Result<Tags, ServiceError> {
        let Some(value) = self.at("/tags") else { return Ok(Tags::new()) };
        let members = value.as_object().ok_or_else(|| wrong("/tags", "a map"))?;
        let read = |(key, value): (&String, &Value)| {
            let value = value.as_str().ok_or_else(|| wrong("/tags", "a map of strings"))?;
            Ok((key.clone(), value.to_owned()))
        };
        members.iter().map(read).collect()
    }

    /// Reports whether the member is present.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.at(path).is_some()
    }

    /// Reads the requested page.
    pub(crate) fn page(&self, most: usize) -> Result<Page, ServiceError> {
        let size = self.at("/maxResults");
        let size =
            size.map(|value| value.as_u64().ok_or_else(|| wrong("/maxResults", "a number"))).transpose()?;
        Page::new(size, self.text("/nextToken")?, most)
    }
}

fn name(path: &str) -> String {
    path.trim_start_matches('/').replace('/', ".")
}

fn wrong(path: &str, kind: &str) -> ServiceError {
    invalid(format!("{} must be {kind}", name(path)))
}
