//! What a world asks of its faults, and what they answer. Faults act on a world in no other way, so a world goes the
//! same way with other faults that give the same answers.

use super::kind::TaskFault;
use crate::objects::StateReason;
use crate::operation::Operation;
use crate::service_error::ServiceError;

/// A question to the faults of a world, and their answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub(super) question: Question,
    pub(super) answer: Answer,
}

/// A question to the faults of a world. Servers have the two names by which a fault may mean them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Question {
    AnswerOf(String),
    /// At this time after the start of the scenario, in milliseconds.
    Refusal(Operation, i64),
    LosesAnswer(Operation),
    Crashes(String),
    FailsLaunch([String; 2]),
    ImpairsBoot([String; 2]),
    Dies([String; 2]),
    Stall([String; 2]),
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Task(Option<TaskFault>),
    Refusal(Option<ServiceError>),
    Applies(bool),
    Stall(Option<i64>),
    Reason(Option<StateReason>),
}

impl From<&Option<StateReason>> for Answer {
    fn from(reason: &Option<StateReason>) -> Self {
        Self::Reason(*reason)
    }
}

impl From<&Option<TaskFault>> for Answer {
    fn from(fault: &Option<TaskFault>) -> Self {
        Self::Task(fault.clone())
    }
}

impl From<&Option<ServiceError>> for Answer {
    fn from(refusal: &Option<ServiceError>) -> Self {
        Self::Refusal(refusal.clone())
    }
}

impl From<&bool> for Answer {
    fn from(applies: &bool) -> Self {
        Self::Applies(*applies)
    }
}

impl From<&Option<i64>> for Answer {
    fn from(stall_ms: &Option<i64>) -> Self {
        Self::Stall(*stall_ms)
    }
}
