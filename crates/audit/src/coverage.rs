//! Coverage: the states and branches of the machines that runs have visited. A place that no run visits is not tested.

use std::collections::BTreeMap;
use std::fmt;

use failback_asl::{Event, Machine, State, StateKind, Via};
use failback_core::procedure::Procedure;

/// A part of a state that a run may or may not pass through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The state itself.
    State,
    /// A choice rule of a Choice.
    Rule(usize),
    /// The Default of a Choice.
    Default,
    /// The catcher of a Task.
    Catch,
    /// The retries of a Task: the last attempt that its retrier allows failed, too.
    Exhausted,
}

/// A place in a machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The procedure of the machine.
    pub procedure: Procedure,
    /// The name of the state.
    pub state: String,
    /// The part of the state.
    pub part: Part,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.procedure, self.state)?;
        match self.part {
            Part::State => Ok(()),
            Part::Rule(index) => write!(f, ", rule {}", index + 1),
            Part::Default => f.write_str(", default"),
            Part::Catch => f.write_str(", catch"),
            Part::Exhausted => f.write_str(", retries exhausted"),
        }
    }
}

/// The number of visits to each place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    procedure: Option<Procedure>,
    visits: BTreeMap<Place, u64>,
    /// Retries since the state was entered.
    retries: u32,
}

impl Coverage {
    /// Creates the coverage of an execution of this procedure.
    pub fn of(procedure: Procedure) -> Self {
        Self { procedure: Some(procedure), ..Self::default() }
    }

    /// Records an event of the execution.
    pub fn note(&mut self, machine: &Machine, event: &Event) {
        match event {
            Event::Entered { state, .. } => {
                self.retries = 0;
                self.visit(state, Part::State);
            }
            Event::Chosen { state, rule, .. } => {
                self.visit(state, rule.map_or(Part::Default, Part::Rule));
            }
            Event::RetryScheduled { retry, .. } => self.retries = *retry,
            Event::Caught { state, .. } => {
                self.visit(state, Part::Catch);
                let retriers = machine.state(state).and_then(State::task).map(|task| &task.retry);
                let most = retriers.into_iter().flatten().map(|retrier| retrier.max_attempts).max();
                if most.is_some_and(|most| u64::from(self.retries) >= most) {
                    self.visit(state, Part::Exhausted);
                }
            }
            _ => {}
        }
    }

    fn visit(&mut self, state: &str, part: Part) {
        if let Some(procedure) = self.procedure {
            let place = Place { procedure, state: state.to_owned(), part };
            *self.visits.entry(place).or_default() += 1;
        }
    }

    /// Adds the visits of another coverage.
    pub fn add(&mut self, other: &Self) {
        for (place, visits) in &other.visits {
            *self.visits.entry(place.clone()).or_default() += visits;
        }
    }

    /// Returns every place of a machine.
    pub fn places(procedure: Procedure, machine: &Machine) -> Vec<Place> {
        let mut places = Vec::new();
        for (name, state) in machine.states() {
            let mut add = |part| places.push(Place { procedure, state: name.to_owned(), part });
            add(Part::State);
            for edge in state.edges() {
                match edge.via {
                    Via::Rule(index) => add(Part::Rule(index)),
                    Via::Default => add(Part::Default),
                    Via::Catch(_) => add(Part::Catch),
                    Via::Next => {}
                }
            }
            if let StateKind::Task(task) = &state.kind
                && !task.retry.is_empty()
                && !task.catch.is_empty()
            {
                add(Part::Exhausted);
            }
        }
        places
    }

    /// Returns the number of visits to a place.
    pub fn visits(&self, place: &Place) -> u64 {
        self.visits.get(place).copied().unwrap_or_default()
    }

    /// Returns the places without a visit.
    pub fn unvisited<'p>(&self, places: &'p [Place]) -> Vec<&'p Place> {
        places.iter().filter(|place| self.visits(place) == 0).collect()
    }
}
