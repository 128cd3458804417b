//! The faults of a world.

use super::asked::{Answer, Asked, Question};
use super::kind::{Fault, TaskFault};
use crate::objects::StateReason;
use crate::operation::Operation;
use crate::service_error::ServiceError;

/// The names by which a fault may mean a server of the fleet: its own, and the id of its B1.
pub(crate) type ServerNames<'a> = [&'a str; 2];

/// Faults in the order in which they were added. Of those that fit a call, the first that still applies is used.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    list: Vec<Fault>,
    /// What was asked since the last [`take_asked`](Self::take_asked), if that is kept.
    asked: Option<Vec<Asked>>,
}

impl Faults {
    /// Adds a fault.
    pub fn add(&mut self, fault: Fault) {
        self.list.push(fault);
    }

    /// Removes all faults.
    pub fn clear(&mut self) {
        self.list.clear();
    }

    /// Returns the faults, including those that are used up.
    pub fn as_slice(&self) -> &[Fault] {
        &self.list
    }

    /// Returns true when both will give the same answers to the same questions from now on.
    pub fn act_like(&self, other: &Self) -> bool {
        let mut other = other.list.iter().filter(|fault| !fault.is_used_up());
        let mut own = self.list.iter().filter(|fault| !fault.is_used_up());
        own.all(|fault| other.next().is_some_and(|other| fault.acts_like(other))) && other.next().is_none()
    }

    /// Keeps what is asked from now on.
    pub fn keep_asked(&mut self) {
        self.asked = Some(Vec::new());
    }

    /// Returns what was asked while that was kept, and keeps no more.
    pub fn take_asked(&mut self) -> Vec<Asked> {
        self.asked.take().unwrap_or_default()
    }

    /// Asks the same again. Returns true when every answer is the same.
    pub fn answer_alike(&mut self, asked: &[Asked]) -> bool {
        asked.iter().all(|asked| self.answer(&asked.question) == asked.answer)
    }

    fn answer(&mut self, question: &Question) -> Answer {
        match question {
            Question::AnswerOf(step) => (&self.answer_of(step)).into(),
            Question::Refusal(operation, at_ms) => (&self.refusal(*operation, *at_ms)).into(),
            Question::LosesAnswer(operation) => (&self.loses_answer(*operation)).into(),
            Question::Crashes(step) => (&self.crashes(step)).into(),
            Question::FailsLaunch([name, b1]) => (&self.fails_launch([name, b1])).into(),
            Question::ImpairsBoot([name, b1]) => (&self.impairs_boot([name, b1])).into(),
            Question::Dies([name, b1]) => (&self.dies([name, b1])).into(),
            Question::Stall([name, b1]) => (&self.stall_ms([name, b1])).into(),
        }
    }

    /// Keeps a question with its answer, and returns the answer.
    fn note<T>(&mut self, question: impl FnOnce() -> Question, answer: T) -> T
    where
        for<'a> &'a T: Into<Answer>,
    {
        if let Some(asked) = &mut self.asked {
            asked.push(Asked { question: question(), answer: (&answer).into() });
        }
        answer
    }

    /// Applies a fault to the answer of a step.
    pub(crate) fn answer_of(&mut self, step: &str) -> Option<TaskFault> {
        let fault = self.list.iter_mut().find_map(|fault| fault.answer_of(step));
        self.note(|| Question::AnswerOf(step.to_owned()), fault)
    }

    /// Applies a fault that refuses a call.
    pub(crate) fn refusal(&mut self, operation: Operation, since_start_ms: i64) -> Option<ServiceError> {
        let refusal = self.list.iter_mut().find_map(|fault| fault.refusal(operation, since_start_ms));
        self.note(|| Question::Refusal(operation, since_start_ms), refusal)
    }

    /// Applies a fault that loses the answer of a call.
    pub(crate) fn loses_answer(&mut self, operation: Operation) -> bool {
        let loses = self.list.iter_mut().any(|fault| fault.loses_answer(operation));
        self.note(|| Question::LosesAnswer(operation), loses)
    }

    /// Applies a fault that crashes a step.
    pub(crate) fn crashes(&mut self, step: &str) -> bool {
        let crashes = self.list.iter_mut().any(|fault| fault.crashes(step));
        self.note(|| Question::Crashes(step.to_owned()), crashes)
    }

    /// Applies a fault that fails a launch of a server's A2.
    pub(crate) fn fails_launch(&mut self, server: ServerNames<'_>) -> bool {
        let fails = self.of_server(server).any(Fault::fails_launch);
        self.note(|| Question::FailsLaunch(server.map(str::to_owned)), fails)
    }

    /// Applies a fault that impairs the boot of a server's A4.
    pub(crate) fn impairs_boot(&mut self, server: ServerNames<'_>) -> bool {
        let impairs = self.of_server(server).any(Fault::impairs_boot);
        self.note(|| Question::ImpairsBoot(server.map(str::to_owned)), impairs)
    }

    /// Applies a fault that ends a server's A4 at its launch. Returns the reason.
    pub(crate) fn dies(&mut self, server: ServerNames<'_>) -> Option<StateReason> {
        let reason = self.of_server(server).find_map(Fault::dies);
        self.note(|| Question::Dies(server.map(str::to_owned)), reason)
    }

    /// Applies a fault that stalls the initial sync of a server's A2. Returns the length of the stall, in milliseconds.
    pub(crate) fn stall_ms(&mut self, server: ServerNames<'_>) -> Option<i64> {
        let stall_ms = self.of_server(server).find_map(Fault::stall_ms);
        self.note(|| Question::Stall(server.map(str::to_owned)), stall_ms)
    }

    fn of_server(&mut self, names: ServerNames<'_>) -> impl Iterator<Item = &mut Fault> {
        self.list.iter_mut().filter(move |fault| fault.server().is_some_and(|server| names.contains(&server)))
    }
}
