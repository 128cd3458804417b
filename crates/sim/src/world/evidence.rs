//! The bucket to which the state machines write their reports.

use super::{CallRequest, CallResult, World};
use crate::service_error::ServiceError;

/// Name of the bucket.
pub(crate) const BUCKET: &str = "drs-failback-evidence";

impl World {
    /// PutObject, as a state machine calls it in its own Region.
    ///
    /// # Errors
    /// What S3 answers where a fault has it refuse.
    pub fn keep_evidence(&mut self, key: &str, body: String) -> Result<(), ServiceError> {
        let request = CallRequest::new("s3:PutObject", Some(self.pair.1), [key]);
        let kept = self.call(request, |world| {
            world.evidence.insert(key.to_owned(), body);
            Ok(())
        });
        match kept {
            CallResult::Ok(()) => Ok(()),
            // What S3 does not model, all of it, Step Functions calls by one name.
            CallResult::Refused(fault) => {
                Err(ServiceError::new("S3Exception", format!("{}: {}", fault.code, fault.message)))
            }
            CallResult::Lost | CallResult::Died => Err(ServiceError::new("SdkClientException", "no answer")),
        }
    }

    /// What was written: by key, as JSON.
    pub fn evidence(&self) -> impl Iterator<Item = (&str, &str)> {
        self.evidence.iter().map(|(key, body)| (key.as_str(), body.as_str()))
    }
}
