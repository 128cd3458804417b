//! A case: a world and the actions in it, as data and as text.

use std::fmt;
use std::str::FromStr;

use failback_core::plan::SERVERS_MAX;
use failback_core::procedure::Procedure;
use failback_sim::{Scenario, Stack};

use crate::operator::ManualStep;
use crate::options::{PlanOption, SCENARIOS, Switch};
use failback_rehearsal::runner::GateAnswer;

/// An action in a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// A manual step by a person, for the whole fleet.
    Hand(ManualStep),
    /// A fault from now on, in the syntax of `--fail`.
    Fail(String),
    /// The removal of all faults.
    Mend,
    /// A wait of this many seconds.
    Wait(u64),
    /// A run of a procedure, with one answer at every gate.
    Run(Procedure, GateAnswer),
    /// A run of a procedure among people, who take manual steps before these turns and do not wait for their effect.
    During(Procedure, Vec<(usize, ManualStep)>),
    /// A run of a procedure in which each step is called twice.
    Twice(Procedure),
    /// A run of a procedure that is cut off after this many turns.
    Cut(Procedure, usize),
    /// Two executions, the second this many seconds after the first, and in this stack. While they overlap, only one may
    /// change anything.
    Together(Procedure, Procedure, u64, Stack),
    /// A run that is stopped after this many turns, another one, and, after this many turns of that, a redrive of the
    /// first. While both run, the first may change nothing that the other has changed.
    Redrive((Procedure, usize), (Procedure, usize)),
    /// A failback whose plan has it lead back what an earlier execution had begun.
    LeadBack,
    /// A run of a procedure that must reach its end by itself, faults or not.
    Finish(Procedure),
    /// The removal of all faults. The procedure must then reach its end within a few starts.
    Settle(Procedure),
    /// The removal of all faults. The procedure must then reach its end, or stop and state what a person must do.
    Try(Procedure),
    /// A start that must be refused before anything changes, with a statement of what a person must do.
    Refuse(Procedure),
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The scenario at the start.
    pub scenario: Scenario,
    /// The number of servers.
    pub servers: usize,
    /// The seed of all chance.
    pub seed: u64,
    /// Differences between the plan and the three-tier example.
    pub plan: Vec<PlanOption>,
    /// Open questions of DRS that are answered the other way.
    pub switches: Vec<Switch>,
    /// The actions, in order.
    pub acts: Vec<Act>,
}

impl Case {
    /// Returns a case with three servers, in the scenario that the procedure usually finds.
    pub fn of(procedure: Procedure, seed: u64, acts: Vec<Act>) -> Self {
        let scenario = match procedure {
            Procedure::Drill => Scenario::Steady,
            Procedure::Failback => Scenario::Recovered,
        };
        Self { scenario, servers: 3, seed, plan: Vec::new(), switches: Vec::new(), acts }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scenario =
            SCENARIOS.iter().find(|(_, scenario)| *scenario == self.scenario).map_or("", |(name, _)| name);
        write!(f, "{scenario}, {} servers, seed {}", self.servers, self.seed)?;
        for option in &self.plan {
            write!(f, ", {}", option.name())?;
        }
        for switch in &self.switches {
            write!(f, ", {}", switch.name())?;
        }
        for (i, act) in self.acts.iter().enumerate() {
            write!(f, "{} {act}", if i == 0 { ":" } else { ";" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hand(by_hand) => write!(f, "hand {by_hand}"),
            Self::Fail(rule) => write!(f, "fail {rule}"),
            Self::Mend => f.write_str("mend"),
            Self::Wait(seconds) => write!(f, "wait {seconds}"),
            Self::Run(procedure, answer) => {
                write!(f, "run {procedure}")?;
                f.write_str(match answer {
                    GateAnswer::Yes => "",
                    GateAnswer::No(_) => " no",
                    GateAnswer::Other(_) => " not-approved",
                    GateAnswer::Silence => " silence",
                    GateAnswer::LaunchAgain(_) => " launch-again",
                    GateAnswer::Abort(_) => " abort",
                })
            }
            Self::During(procedure, people) => {
                write!(f, "during {procedure}")?;
                people.iter().try_for_each(|(turn, by_hand)| write!(f, " {turn} {by_hand}"))
            }
            Self::Twice(procedure) => write!(f, "twice {procedure}"),
            Self::Cut(procedure, turns) => write!(f, "cut {procedure} {turns}"),
            Self::Together(first, second, after, stack) => {
                let two_stacks = if *stack == Stack::Second { " two-stacks" } else { "" };
                write!(f, "together {first} {second} {after}{two_stacks}")
            }
            Self::Redrive(first, second) => {
                write!(f, "redrive {} {} {} {}", first.0, first.1, second.0, second.1)
            }
            Self::LeadBack => f.write_str("lead-back"),
            Self::Finish(procedure) => write!(f, "finish {procedure}"),
            Self::Settle(procedure) => write!(f, "settle {procedure}"),
            Self::Try(procedure) => write!(f, "try {procedure}"),
            Self::Refuse(procedure) => write!(f, "refuse {procedure}"),
        }
    }
}

impl FromStr for Case {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (head, acts) = text.split_once(": ").unwrap_or((text, ""));
        let mut case = Self {
            scenario: Scenario::Steady,
            servers: 3,
            seed: 1,
            plan: vec![],
            switches: vec![],
            acts: vec![],
        };
        for word in head.split(',').map(str::trim) {
            if let Some((_, scenario)) = SCENARIOS.iter().find(|(name, _)| *name == word) {
                case.scenario = *scenario;
            } else if let Some(servers) = word.strip_suffix(" servers") {
                case.servers = number(servers)?;
            } else if let Some(seed) = word.strip_prefix("seed ") {
                case.seed = number(seed)?;
            } else if let Some(option) = PlanOption::find(word) {
                case.plan.push(option);
            } else if let Some(switch) = Switch::find(word) {
                case.switches.push(switch);
            } else {
                return Err(format!("`{word}` is not a scenario, option or switch; known are {}", known()));
            }
        }
        if !(1..=SERVERS_MAX).contains(&case.servers) {
            return Err(format!("{} servers: a case has 1 to {SERVERS_MAX}", case.servers));
        }
        for act in acts.split(';').map(str::trim).filter(|act| !act.is_empty()) {
            case.acts.push(act.parse()?);
        }
        Ok(case)
    }
}

fn known() -> String {
    let scenarios = SCENARIOS.iter().map(|(name, _)| *name);
    let options = PlanOption::all().map(PlanOption::name).chain(Switch::all().map(Switch::name));
    scenarios.chain(options).collect::<Vec<_>>().join(", ")
}

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.trim().parse().map_err(|_| format!("`{text}` is not a number"))
}

fn step_at(words: &[&str]) -> Result<(usize, ManualStep), String> {
    match words {
        [turn, by_hand] => Ok((number(turn)?, by_hand.parse()?)),
        _ => Err(format!("`{}` is a turn without a manual step", words.join(" "))),
    }
}

fn procedure(text: &str) -> Result<Procedure, String> {
    match text {
        "drill" => Ok(Procedure::Drill),
        "failback" => Ok(Procedure::Failback),
        _ => Err(format!("`{text}` is neither drill nor failback")),
    }
}

impl FromStr for Act {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            ["hand", by_hand] => Ok(Self::Hand(by_hand.parse()?)),
            ["fail", rule] => Ok(Self::Fail((*rule).to_owned())),
            ["mend"] => Ok(Self::Mend),
            ["wait", seconds] => Ok(Self::Wait(number(seconds)?)),
            ["run", which] => Ok(Self::Run(procedure(which)?, GateAnswer::Yes)),
            ["run", which, "no"] => Ok(Self::Run(procedure(which)?, no())),
            ["run", which, "not-approved"] => Ok(Self::Run(procedure(which)?, GateAnswer::not_approved())),
            ["run", which, "launch-again"] => Ok(Self::Run(procedure(which)?, again())),
            ["run", which, "abort"] => Ok(Self::Run(procedure(which)?, abort())),
            ["run", which, "silence"] => Ok(Self::Run(procedure(which)?, GateAnswer::Silence)),
            ["during", which, people @ ..] if !people.is_empty() => {
                Ok(Self::During(procedure(which)?, people.chunks(2).map(step_at).collect::<Result<_, _>>()?))
            }
            ["twice", which] => Ok(Self::Twice(procedure(which)?)),
            ["cut", which, turns] => Ok(Self::Cut(procedure(which)?, number(turns)?)),
            ["together", first, second, after] => {
                Ok(Self::Together(procedure(first)?, procedure(second)?, number(after)?, Stack::First))
            }
            ["together", first, second, after, "two-stacks"] => {
                Ok(Self::Together(procedure(first)?, procedure(second)?, number(after)?, Stack::Second))
            }
            ["redrive", first, turns, second, after] => {
                let (first, second) = (procedure(first)?, procedure(second)?);
                Ok(Self::Redrive((first, number(turns)?), (second, number(after)?)))
            }
            ["lead-back"] => Ok(Self::LeadBack),
            ["finish", which] => Ok(Self::Finish(procedure(which)?)),
            ["settle", which] => Ok(Self::Settle(procedure(which)?)),
            ["try", which] => Ok(Self::Try(procedure(which)?)),
            ["refuse", which] => Ok(Self::Refuse(procedure(which)?)),
            _ => Err(format!(
                "`{text}` is not an action; known are hand, fail, mend, wait, run, during, twice, cut, \
                 together, redrive, lead-back, finish, settle, try and refuse"
            )),
        }
    }
}

/// Returns a person's refusal at a gate.
pub(super) fn no() -> GateAnswer {
    GateAnswer::No("refused in a rehearsal".to_owned())
}

/// Returns a person's wish to have all servers launched again.
pub(super) fn again() -> GateAnswer {
    GateAnswer::LaunchAgain(Vec::new())
}

/// Returns a person's abort.
pub(super) fn abort() -> GateAnswer {
    GateAnswer::Abort("aborted in a rehearsal".to_owned())
}
