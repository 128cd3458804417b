//! Members of a drill that its clean-up leaves as they are, so that one of them does not keep the others running.

use std::collections::BTreeSet;

use super::result::StepResult;
use crate::catalogue::Reason;
use crate::error::{Error, ErrorName, Result};
use crate::fleet::Server;
use crate::id::SourceServerId;
use crate::procedure::Procedure;

/// The members that the guard has refused. In a failback, the first refusal ends the step instead.
#[derive(Debug)]
pub struct Refused {
    procedure: Procedure,
    members: BTreeSet<SourceServerId>,
    first: Option<Error>,
}

impl Refused {
    /// Returns a clean-up of which nothing is refused yet.
    pub(super) fn none(procedure: Procedure) -> Self {
        Self { procedure, members: BTreeSet::new(), first: None }
    }

    /// Returns true when the guard has refused something for this member.
    pub fn has(&self, server: &Server) -> bool {
        self.members.contains(&server.b1)
    }

    /// Returns the result of work for one member; in a drill, `None` when the guard refuses it: the member stays as it is.
    ///
    /// # Errors
    /// Every error but a refusal in a drill.
    pub fn unless_refused<T>(&mut self, server: &Server, result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if self.procedure == Procedure::Drill && error.name() == ErrorName::Guard => {
                self.members.insert(server.b1.clone());
                self.first.get_or_insert(error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Ends the step once the others are done.
    ///
    /// # Errors
    /// `Guard`: the first refusal, if there is one.
    pub fn end(self, why: Reason) -> Result<StepResult> {
        match self.first {
            Some(refusal) => Err(refusal),
            None => Ok(StepResult::Done(why)),
        }
    }
}
