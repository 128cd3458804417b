//! A state machine: its states, and the transitions between them.

use std::collections::HashMap;

use crate::resource;
use crate::template::Template;

/// The largest number of seconds, or of retries, that Step Functions accepts in a field.
pub(crate) const MAX_INTEGER: u64 = 99_999_999;

/// A state machine whose definition was read and checked, and whose expressions are compiled.
#[derive(Debug, Clone)]
pub struct Machine {
    pub(crate) comment: Option<String>,
    pub(crate) timeout_seconds: Option<u64>,
    pub(crate) states: Vec<State>,
    /// The index in `states` of each state, by its name.
    pub(crate) index_of: HashMap<String, usize>,
    /// The index in `states` of the state that `StartAt` names.
    pub(crate) start_index: usize,
}

impl Machine {
    /// Returns the `Comment` of the machine.
    pub fn comment(&self) -> Option<&str> {
        self.comment.as_deref()
    }

    /// Returns the name of the first state, `StartAt`.
    pub fn start_at(&self) -> &str {
        &self.first().name
    }

    /// Returns the most seconds that an execution may take, `TimeoutSeconds`.
    pub fn timeout_seconds(&self) -> Option<u64> {
        self.timeout_seconds
    }

    /// Returns the states and their names, in the order of the definition.
    pub fn states(&self) -> impl Iterator<Item = (&str, &State)> {
        self.states.iter().map(|state| (state.name.as_str(), state))
    }

    /// Returns the state of this name.
    pub fn state(&self, name: &str) -> Option<&State> {
        self.states.get(*self.index_of.get(name)?)
    }

    pub(crate) fn first(&self) -> &State {
        &self.states[self.start_index]
    }
}

/// One state of a machine.
#[derive(Debug, Clone)]
pub struct State {
    /// The name, which is unique in the machine.
    pub name: String,
    /// `Comment`: a description for people.
    pub comment: Option<String>,
    /// The `Type`, with the fields that only states of this type have.
    pub kind: StateKind,
    /// `Output`. Without it, the output is the result of a Task, or else the input of the state.
    pub output: Option<Template>,
    /// `Assign`: the variables that the state assigns, in the order of the definition.
    pub assign: Vec<Assignment>,
    /// `Next`: the name of the state that follows. None in a state with `End`, a Choice, a Succeed and a
    /// Fail.
    pub next: Option<String>,
}

impl State {
    /// Returns each transition from the state to another one.
    pub fn edges(&self) -> Vec<Edge<'_>> {
        let mut edges = Vec::new();
        if let Some(to) = &self.next {
            edges.push(Edge { via: Via::Next, to });
        }
        match &self.kind {
            StateKind::Choice(choice) => {
                for (index, rule) in choice.rules.iter().enumerate() {
                    edges.push(Edge { via: Via::Rule(index), to: &rule.next });
                }
                if let Some(to) = &choice.default {
                    edges.push(Edge { via: Via::Default, to });
                }
            }
            StateKind::Task(task) => {
                for (index, catcher) in task.catch.iter().enumerate() {
                    edges.push(Edge { via: Via::Catch(index), to: &catcher.next });
                }
            }
            _ => {}
        }
        edges
    }

    /// Returns true if an execution can end in this state other than by an error of it.
    pub fn is_end(&self) -> bool {
        self.next.is_none() && !matches!(self.kind, StateKind::Choice(_))
    }

    /// Returns the fields of a Task, if the state is one.
    pub fn task(&self) -> Option<&Task> {
        if let StateKind::Task(task) = &self.kind { Some(task) } else { None }
    }

    /// Returns the fields of a Choice, if the state is one.
    pub fn choice(&self) -> Option<&Choice> {
        if let StateKind::Choice(choice) = &self.kind { Some(choice) } else { None }
    }
}

/// A transition from a state to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge<'a> {
    /// The field of the state that names the other state.
    pub via: Via,
    /// The name of the state that follows.
    pub to: &'a str,
}

/// The field of a state that leads to the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// `Next` of the state.
    Next,
    /// The choice rule of this index in `Choices`.
    Rule(usize),
    /// `Default` of the Choice.
    Default,
    /// The catcher of this index in `Catch`.
    Catch(usize),
}

/// The `Type` of a state, with the fields that only states of this type have.
#[derive(Debug, Clone)]
pub enum StateKind {
    /// A state that calls a Lambda function or an action of another AWS service.
    Task(Box<Task>),
    /// A state that selects one of several next states.
    Choice(Choice),
    /// A state that delays the execution.
    Wait(Wait),
    /// A state that passes its input or its `Output` on.
    Pass,
    /// A state that ends the execution with success.
    Succeed,
    /// A state that ends the execution with an error.
    Fail(Fail),
}

impl StateKind {
    /// Returns the `Type` of the state, as the definition writes it.
    pub fn name(&self) -> &'static str {
        match self {
            StateKind::Task(_) => "Task",
            StateKind::Choice(_) => "Choice",
            StateKind::Wait(_) => "Wait",
            StateKind::Pass => "Pass",
            StateKind::Succeed => "Succeed",
            StateKind::Fail(_) => "Fail",
        }
    }
}

/// One member of `Assign`.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// The name of the variable, without the `$`.
    pub variable: String,
    /// The new value of the variable.
    pub value: Template,
}

/// The fields that only a Task has.
#[derive(Debug, Clone)]
pub struct Task {
    /// The ARN of a Lambda function or of a service integration.
    pub resource: String,
    /// `Arguments` of the call. Without them, the resource is called with the input of the state.
    pub arguments: Option<Template>,
    /// `TimeoutSeconds`: the most seconds that one attempt may take.
    pub timeout_seconds: Option<Template>,
    /// `HeartbeatSeconds`: the most seconds between two heartbeats. Checked, but without effect here,
    /// because no task in virtual time sends heartbeats.
    pub heartbeat_seconds: Option<Template>,
    /// `Retry`. The first retrier that matches an error is used.
    pub retry: Vec<Retrier>,
    /// `Catch`. The first catcher that matches an error is used.
    pub catch: Vec<Catcher>,
}

impl Task {
    /// Returns true if the task ends when its task token is returned.
    pub fn waits_for_token(&self) -> bool {
        resource::waits_for_token(&self.resource)
    }
}

/// One item of `Retry`.
#[derive(Debug, Clone, PartialEq)]
pub struct Retrier {
    /// The error names that the retrier matches.
    pub error_equals: Vec<String>,
    /// `IntervalSeconds`: the seconds before the first retry. 1, if absent.
    pub interval_seconds: u64,
    /// `MaxAttempts`: the most retries. 3, if absent; 0 for errors that are never retried.
    pub max_attempts: u64,
    /// `BackoffRate`: the factor by which the interval grows after each retry. 2, if absent.
    pub backoff_rate: f64,
    /// `MaxDelaySeconds`: the most seconds before a retry.
    pub max_delay_seconds: Option<u64>,
    /// `JitterStrategy`. `NONE`, if absent.
    pub jitter: Jitter,
}

/// The jitter strategy of a retrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jitter {
    /// `FULL`: each wait is between 0 and the interval.
    Full,
    /// `NONE`: each wait is the interval.
    None,
}

/// One item of `Catch`.
#[derive(Debug, Clone)]
pub struct Catcher {
    /// The error names that the catcher matches.
    pub error_equals: Vec<String>,
    /// The name of the state that follows.
    pub next: String,
    /// The variables that the catcher assigns.
    pub assign: Vec<Assignment>,
    /// `Output`. Without it, the output is the error output.
    pub output: Option<Template>,
}

/// The fields that only a Choice has.
#[derive(Debug, Clone)]
pub struct Choice {
    /// `Choices`. The first choice rule whose condition is true is used.
    pub rules: Vec<ChoiceRule>,
    /// `Default`: the name of the state that follows if no condition is true.
    pub default: Option<String>,
}

/// One choice rule of a Choice.
#[derive(Debug, Clone)]
pub struct ChoiceRule {
    /// A template that must give true or false.
    pub condition: Template,
    /// The name of the state that follows if the condition is true.
    pub next: String,
    /// `Comment`: a description for people.
    pub comment: Option<String>,
    /// The variables that the choice rule assigns.
    pub assign: Vec<Assignment>,
    /// `Output`. Without it, the output is the input of the state.
    pub output: Option<Template>,
}

/// The field of a Wait that sets its end.
#[derive(Debug, Clone)]
pub enum Wait {
    /// `Seconds`: the seconds to wait.
    Seconds(Template),
    /// `Timestamp`: the time at which the Wait ends, as RFC 3339.
    Timestamp(Template),
}

/// The fields that only a Fail has.
#[derive(Debug, Clone)]
pub struct Fail {
    /// `Error`: the error name.
    pub error: Option<Template>,
    /// `Cause`: a description of the error for people.
    pub cause: Option<Template>,
}
