//! A machine as it was read: what its states are and where they lead.

use std::collections::HashMap;

use crate::problem::DefinitionProblem;
use crate::template::Template;

/// A state machine that has been read, checked, and had its expressions compiled.
#[derive(Debug, Clone)]
pub struct Machine {
    pub(crate) comment: Option<String>,
    pub(crate) timeout_seconds: Option<u64>,
    pub(crate) states: Vec<State>,
    pub(crate) places: HashMap<String, usize>,
    pub(crate) start: usize,
}

impl Machine {
    /// Reads and checks a definition.
    ///
    /// # Errors
    /// All faults of the definition at once. Faults of the graph are only looked for when each state
    /// could be read.
    pub fn parse(text: &str) -> Result<Machine, Vec<DefinitionProblem>> {
        crate::parse::machine(text)
    }

    /// The machine's own comment.
    pub fn comment(&self) -> Option<&str> {
        self.comment.as_deref()
    }

    /// The name of the first state.
    pub fn start_at(&self) -> &str {
        &self.first().name
    }

    /// How long an execution may take.
    pub fn timeout_seconds(&self) -> Option<u64> {
        self.timeout_seconds
    }

    /// The states in the order of the file.
    pub fn states(&self) -> impl Iterator<Item = (&str, &State)> {
        self.states.iter().map(|s| (s.name.as_str(), s))
    }

    /// The state of this name.
    pub fn state(&self, name: &str) -> Option<&State> {
        self.states.get(*self.places.get(name)?)
    }

    /// A Mermaid flowchart of the machine.
    pub fn mermaid(&self) -> String {
        crate::mermaid::chart(self)
    }

    pub(crate) fn first(&self) -> &State {
        &self.states[self.start]
    }
}

/// One state.
#[derive(Debug, Clone)]
pub struct State {
    /// Its name.
    pub name: String,
    /// What the author says of it.
    pub comment: Option<String>,
    /// What it does.
    pub kind: StateKind,
    /// What it passes on, when that is neither the result nor the input as it is.
    pub output: Option<Template>,
    /// The variables it sets.
    pub assign: Vec<Assignment>,
    /// The state after it; none after a Choice, a Succeed, a Fail, and a state with `End`.
    pub next: Option<String>,
}

impl State {
    /// Each way out of the state.
    pub fn edges(&self) -> Vec<Edge<'_>> {
        let mut edges: Vec<Edge<'_>> = Vec::new();
        match &self.kind {
            StateKind::Choice(choice) => {
                edges.extend(
                    choice.rules.iter().enumerate().map(|(i, r)| Edge { via: Via::Rule(i), to: &r.next }),
                );
                edges.extend(choice.default.iter().map(|to| Edge { via: Via::Default, to }));
            }
            StateKind::Task(task) => {
                edges.extend(self.next.iter().map(|to| Edge { via: Via::Next, to }));
                edges.extend(
                    task.catch.iter().enumerate().map(|(i, c)| Edge { via: Via::Catch(i), to: &c.next }),
                );
            }
            _ => edges.extend(self.next.iter().map(|to| Edge { via: Via::Next, to })),
        }
        edges
    }

    /// Whether an execution can end here without having failed to go on.
    pub fn is_end(&self) -> bool {
        self.next.is_none() && !matches!(self.kind, StateKind::Choice(_))
    }

    /// The Task's own fields, if the state is one.
    pub fn task(&self) -> Option<&Task> {
        if let StateKind::Task(task) = &self.kind { Some(task) } else { None }
    }

    /// The Choice's own fields, if the state is one.
    pub fn choice(&self) -> Option<&Choice> {
        if let StateKind::Choice(choice) = &self.kind { Some(choice) } else { None }
    }
}

/// A way from a state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge<'a> {
    /// What takes it.
    pub via: Via,
    /// The name of the state it leads to.
    pub to: &'a str,
}

/// What takes an execution along an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// The state's `Next`.
    Next,
    /// The Choice rule of this index.
    Rule(usize),
    /// The Choice's `Default`.
    Default,
    /// The catcher of this index.
    Catch(usize),
}

/// The types of states that this runner runs, each with the fields that only it has.
#[derive(Debug, Clone)]
pub enum StateKind {
    /// Has something done.
    Task(Box<Task>),
    /// Goes one of several ways.
    Choice(Choice),
    /// Lets time pass.
    Wait(Wait),
    /// Passes its input or its output on.
    Pass,
    /// Ends the execution well.
    Succeed,
    /// Ends the execution with an error.
    Fail(Fail),
}

impl StateKind {
    /// The `Type` of the state, as the definition writes it.
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

/// A variable and what it is set to.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// The name, without the `$`.
    pub variable: String,
    /// The value.
    pub value: Template,
}

/// What a Task has besides the fields of each state.
#[derive(Debug, Clone)]
pub struct Task {
    /// What is called.
    pub resource: String,
    /// What it is called with; the state's input, if absent.
    pub arguments: Option<Template>,
    /// How long one attempt may take.
    pub timeout_seconds: Option<Template>,
    /// How often it must give a sign of life. Read and checked, but not acted on.
    pub heartbeat_seconds: Option<Template>,
    /// When to try again.
    pub retry: Vec<Retrier>,
    /// Where to go when it fails for good.
    pub catch: Vec<Catcher>,
}

impl Task {
    /// Whether the task ends when its token comes back.
    pub fn waits_for_token(&self) -> bool {
        crate::resource::waits_for_token(&self.resource)
    }
}

/// When a failed Task is tried again.
#[derive(Debug, Clone, PartialEq)]
pub struct Retrier {
    /// The errors it is for.
    pub error_equals: Vec<String>,
    /// Seconds before the first retry.
    pub interval_seconds: u64,
    /// How many retries there are at most.
    pub max_attempts: u64,
    /// By what the interval grows from one retry to the next.
    pub backoff_rate: f64,
    /// The longest interval.
    pub max_delay_seconds: Option<u64>,
    /// Whether the interval is the longest wait or the exact one.
    pub jitter: Jitter,
}

/// How retries are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jitter {
    /// Each wait is anything from nothing to the interval.
    Full,
    /// Each wait is the interval.
    None,
}

/// Where a failed Task goes on.
#[derive(Debug, Clone)]
pub struct Catcher {
    /// The errors it is for.
    pub error_equals: Vec<String>,
    /// The state to go to.
    pub next: String,
    /// The variables it sets.
    pub assign: Vec<Assignment>,
    /// What it passes on, when that is not the error.
    pub output: Option<Template>,
}

/// What a Choice has besides the fields of each state.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The rules; the first whose condition is true is taken.
    pub rules: Vec<ChoiceRule>,
    /// Where to go if none is.
    pub default: Option<String>,
}

/// One rule of a Choice.
#[derive(Debug, Clone)]
pub struct ChoiceRule {
    /// What must be true.
    pub condition: Template,
    /// The state to go to.
    pub next: String,
    /// What the author says of it.
    pub comment: Option<String>,
    /// The variables it sets.
    pub assign: Vec<Assignment>,
    /// What it passes on.
    pub output: Option<Template>,
}

/// How long a Wait lasts.
#[derive(Debug, Clone)]
pub enum Wait {
    /// This many seconds.
    Seconds(Template),
    /// Until this moment.
    Timestamp(Template),
}

/// What a Fail has besides the fields of each state.
#[derive(Debug, Clone)]
pub struct Fail {
    /// The name of the error.
    pub error: Option<Template>,
    /// What happened.
    pub cause: Option<Template>,
}
