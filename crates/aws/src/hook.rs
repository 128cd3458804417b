//! Lambda, as far as the hook needs it.

use async_trait::async_trait;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use failback_core::catalogue::fault;
use failback_core::cloud::{Hook, HookAnswer};
use failback_core::guard::{CallHook, Warrant};
use failback_core::{Error, Result};
use serde_json::Value;

use crate::aws::Aws;
use crate::sdk_error::OfOperation;

#[async_trait]
impl Hook for Aws {
    /// The client gives up after 15 seconds without an answer. The hook may go on then, and is called again.
    async fn call_hook(&self, warrant: Warrant<CallHook>) -> Result<HookAnswer> {
        let CallHook { function, request } = warrant.spend();
        let payload = serde_json::to_vec(&request)
            .map_err(|error| Error::from(fault::cannot_be_written("the payload of the hook", error)))?;
        let answer = self
            .clients
            .lambda(&function)?
            .write
            .invoke()
            .function_name(&function)
            .invocation_type(InvocationType::RequestResponse)
            .payload(Blob::new(payload))
            .send()
            .await
            .of("lambda:InvokeFunction")?;
        let payload = answer.payload().map(|payload| payload.clone().into_inner()).unwrap_or_default();
        if answer.function_error().is_some() {
            return Err(HookAnswer::failed(&String::from_utf8_lossy(&payload)));
        }
        let value = serde_json::from_slice::<Value>(&payload)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&payload).into_owned()));
        HookAnswer::read(&value)
    }
}
