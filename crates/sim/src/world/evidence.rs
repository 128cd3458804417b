//! The bucket to which the state machines write their reports.

use super::call::{CallRequest, CallResult};
use super::state::World;
use crate::service_error::ServiceError;

/// The name of the bucket.
pub(crate) const BUCKET: &str = "drs-failback-evidence";

impl World {
    /// PutObject, as a state machine calls it in its own Region: the recovery Region.
    ///
    /// # Errors
    /// When a fault refuses the call or loses its response: the error as Step Functions names it.
    pub fn keep_evidence(&mut self, key: &str, body: String) -> Result<(), ServiceError> {
        let request = CallRequest::new("s3:PutObject", Some(self.region_pair.1), [key]);
        let result = self.call(request, |world| {
            world.evidence.insert(key.to_owned(), body);
            Ok(())
        });
        match result {
            CallResult::Ok(()) => Ok(()),
            // Step Functions has one name for all errors that the service model of S3 does not declare.
            CallResult::Refused(error) => {
                Err(ServiceError::new("S3Exception", format!("{}: {}", error.code, error.message)))
            }
            CallResult::Lost | CallResult::Died => Err(ServiceError::new("SdkClientException", "no answer")),
        }
    }

    /// Returns the objects of the bucket: key and JSON.
    pub fn evidence(&self) -> impl Iterator<Item = (&str, &str)> {
        self.evidence.iter().map(|(key, body)| (key.as_str(), body.as_str()))
    }
}
