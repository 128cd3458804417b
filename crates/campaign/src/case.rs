//! A case: a world and what happens in it, as data and as text.

use std::fmt;
use std::str::FromStr;

use failback_core::procedure::Procedure;
use failback_sim::Scenario;

use crate::operator::ManualStep;
use crate::options::{PlanOption, SCENARIOS, Switch};
use failback_rehearsal::runner::GateAnswer;

/// Something that happens in a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// A person does something by hand, for the whole fleet.
    Hand(ManualStep),
    /// From now on this goes wrong, as `--fail` writes it.
    Fail(String),
    /// From now on nothing goes wrong.
    Mend,
    /// Nothing happens for so many seconds.
    Wait(u64),
    /// A procedure runs, and every gate is answered like this.
    Run(Procedure, GateAnswer),
    /// A procedure runs, and each of its steps is called twice.
    Twice(Procedure),
    /// A procedure runs, and is cut off after so many turns.
    Cut(Procedure, usize),
    /// Two executions, the second so many seconds after the first. At most one may succeed.
    Together(Procedure, Procedure, u64),
    /// Nothing goes wrong any more: the procedure, started as often as it takes, must reach its end.
    Settle(Procedure),
    /// Nothing goes wrong any more: the procedure reaches its end, or stops and says what a person must do.
    Try(Procedure),
    /// The procedure must be refused before it has changed anything, and say what a person must do.
    Refuse(Procedure),
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// How things stand before.
    pub scenario: Scenario,
    /// How many servers.
    pub servers: usize,
    /// Decides what is chance.
    pub seed: u64,
    /// How the plan differs from the three-tier example.
    pub plan: Vec<PlanOption>,
    /// Which open questions of DRS are answered the other way.
    pub switches: Vec<Switch>,
    /// What happens.
    pub acts: Vec<Act>,
}

impl Case {
    /// Three servers in the scenario that the procedure usually finds.
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
                    GateAnswer::NotApproved => " not-approved",
                    GateAnswer::Silence => " silence",
                })
            }
            Self::Twice(procedure) => write!(f, "twice {procedure}"),
            Self::Cut(procedure, turns) => write!(f, "cut {procedure} {turns}"),
            Self::Together(first, second, after) => write!(f, "together {first} {second} {after}"),
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
                return Err(format!("`{word}` is no scenario, option or switch; known are {}", known()));
            }
        }
        if !(1..=1_000).contains(&case.servers) {
            return Err(format!("{} servers: a case has 1 to 1000", case.servers));
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
    text.trim().parse().map_err(|_| format!("`{text}` is no number"))
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
            ["run", which, "not-approved"] => Ok(Self::Run(procedure(which)?, GateAnswer::NotApproved)),
            ["run", which, "silence"] => Ok(Self::Run(procedure(which)?, GateAnswer::Silence)),
            ["twice", which] => Ok(Self::Twice(procedure(which)?)),
            ["cut", which, turns] => Ok(Self::Cut(procedure(which)?, number(turns)?)),
            ["together", first, second, after] => {
                Ok(Self::Together(procedure(first)?, procedure(second)?, number(after)?))
            }
            ["settle", which] => Ok(Self::Settle(procedure(which)?)),
            ["try", which] => Ok(Self::Try(procedure(which)?)),
            ["refuse", which] => Ok(Self::Refuse(procedure(which)?)),
            _ => Err(format!(
                "`{text}` is nothing that can happen; known are hand, fail, mend, wait, run, twice, cut, together, \
                 settle, try and refuse"
            )),
        }
    }
}

/// A person's no in a case.
pub(super) fn no() -> GateAnswer {
    GateAnswer::No("refused in a rehearsal".to_owned())
}
