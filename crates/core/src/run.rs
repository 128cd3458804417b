//! What a run is: one execution of one procedure with one plan.

use serde::{Deserialize, Serialize};

use crate::cloud::Tags;
use crate::id::SourceServerId;
use crate::plan::Plan;
use crate::procedure::Procedure;
use crate::region::{Region, RegionPair};
use crate::timestamp::Timestamp;

/// One execution, as it is carried from state to state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Run {
    /// The execution's ARN or, in a simulation, its name.
    pub id: String,
    /// Which procedure.
    pub procedure: Procedure,
    /// When the execution was started.
    pub started: Timestamp,
    /// The plan.
    pub plan: Plan,
    /// Set by the state machine once a person has said that traffic was redirected by hand.
    #[serde(default)]
    pub traffic_moved_by_hand: bool,
}

impl Run {
    /// Both Regions.
    pub fn pair(&self) -> RegionPair {
        self.plan.pair()
    }

    /// Region A.
    pub fn source(&self) -> Region {
        self.pair().source()
    }

    /// Region B.
    pub fn recovery(&self) -> Region {
        self.pair().recovery()
    }

    /// Seconds since the run began.
    pub fn seconds(&self, at: Timestamp) -> i64 {
        (at.millis() - self.started.millis()).div_euclid(1000)
    }

    /// The tags of everything that this run makes.
    pub fn tags(&self) -> Tags {
        Tags::from([
            (tag::RUN.to_owned(), self.tag_value()),
            (tag::PROCEDURE.to_owned(), self.procedure.as_str().to_owned()),
        ])
    }

    /// The run's id as a tag value: the last 256 characters, which hold an execution's name.
    pub fn tag_value(&self) -> String {
        let skip = self.id.chars().count().saturating_sub(256);
        self.id.chars().skip(skip).collect()
    }

    /// True when a job carries this run's tags.
    pub fn owns(&self, tags: &Tags) -> bool {
        tags.get(tag::RUN).is_some_and(|run| *run == self.tag_value())
    }
}

/// The tags by which a later run knows what an earlier one did.
pub mod tag {
    /// The execution.
    pub const RUN: &str = "drs-failback:run";
    /// `drill` or `failback`.
    pub const PROCEDURE: &str = "drs-failback:procedure";
    /// On A2: the B1 that it belongs to.
    pub const B1: &str = "drs-failback:b1";
    /// On A2: the original instance, which nothing else remembers once B1 protects A4.
    pub const A1: &str = "drs-failback:a1";
    /// On A1, set by its owner: with [`MAY_BE_TERMINATED`] a failback may terminate it. The deployed function can
    /// terminate no other instance.
    pub const ORIGINAL: &str = "drs-failback:original";
    /// Value of [`ORIGINAL`].
    pub const MAY_BE_TERMINATED: &str = "may-be-terminated";
}

/// True when something was made by a drill, of this run or of an earlier one.
pub fn made_by_a_drill(tags: &Tags) -> bool {
    tags.get(tag::PROCEDURE).is_some_and(|procedure| procedure == Procedure::Drill.as_str())
}

/// Reads the id of a source server out of its ARN: `arn:…:source-server/s-…`.
pub fn source_server_of(arn: &str) -> Option<SourceServerId> {
    arn.rsplit_once('/').and_then(|(_, id)| id.parse().ok())
}
