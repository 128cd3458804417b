//! Calls of a step, as the state machine makes them.

use failback_core::step::{self, Answer, Handler, Output, Status, Step, StepInput as _};
use failback_core::tags::{Tags, has_tags, tag};
use failback_core::timestamp::Timestamp;
use failback_core::{Error, ErrorName, Result};
use serde_json::Value;

use crate::{Fixture, Tampered};

/// The number of polls after which a step counts as endless.
const POLLS_MAX: usize = 500;

impl Fixture {
    /// Calls a step with a minute until its deadline.
    ///
    /// # Errors
    /// The errors of the step.
    ///
    /// # Panics
    /// When the step's result cannot be read.
    pub fn call<S: Step>(&mut self) -> Result<Answer> {
        self.call_until::<S>(self.now().plus_seconds(60))
    }

    /// Calls a step with a deadline.
    ///
    /// # Errors
    /// The errors of the step.
    ///
    /// # Panics
    /// When the step's result cannot be read.
    pub fn call_until<S: Step>(&mut self, deadline: Timestamp) -> Result<Answer> {
        let input = S::Input::of(self.run.clone(), self.fleet.clone(), self.wave, self.poll.clone());
        let payload = serde_json::to_value(input).expect("a payload");
        let output = self.answer::<S>(payload, deadline)?;
        let output: Output = serde_json::from_value(output).expect("the output of a step");
        self.fleet = output.fleet;
        self.poll = output.wait;
        Ok(output.answer)
    }

    /// Calls a step with a payload of its own.
    ///
    /// # Errors
    /// The errors of the step.
    ///
    /// # Panics
    /// When the step dies by a fault.
    pub fn answer<H: Handler>(&self, payload: Value, deadline: Timestamp) -> Result<Value> {
        if let Some(owner) = &self.owner {
            self.claimed_by(owner);
        }
        let tampered = Tampered { world: &self.simulation, tamper: &self.tamper };
        let call = step::call::<H>(&tampered, payload, deadline);
        self.simulation.run(call).expect("the step has not died")
    }

    /// Writes an execution into the tags of every B2 and A2, as the owner.
    ///
    /// # Panics
    /// Never, because the objects exist.
    pub fn claimed_by(&self, owner: &str) {
        let mut world = self.simulation.world();
        let claim = Tags::from([(tag::RUN.to_owned(), owner.to_owned())]);
        let (source, recovery) = world.region_pair();
        for index in self.servers() {
            let labels = world.labels(index);
            let b2 = labels.b2.and_then(|id| Some(world.recovery_instance(recovery, &id)?.arn.clone()));
            let a2 = labels.a2.and_then(|id| Some(world.source_server(source, &id)?.arn.clone()));
            for arn in b2.into_iter().chain(a2) {
                if !world.tags_of(&arn).is_some_and(|tags| has_tags(tags, &claim)) {
                    world.tag_resource(&arn, &claim).expect("it exists");
                }
            }
        }
    }

    /// Calls a step until it is done, and waits as long as it asks. Returns the reasons of its waits, and its report.
    ///
    /// # Panics
    /// When the step fails, or is not done after 500 polls.
    pub fn done<S: Step>(&mut self) -> Vec<String> {
        let mut said = Vec::new();
        for _ in 0..POLLS_MAX {
            let output = self.call::<S>().unwrap_or_else(|error| panic!("{error} after {said:#?}"));
            said.push(output.why);
            if output.status == Status::Done {
                return said;
            }
            // What is to be kept as evidence is kept at once.
            assert!(output.status == Status::Keep || output.wait_seconds > 0, "{said:#?}");
            self.pass(i64::try_from(output.wait_seconds).unwrap_or(i64::MAX));
        }
        panic!("never done: {said:#?}");
    }

    /// Asserts that the guard refuses the step with these words, and that nothing changes.
    ///
    /// # Panics
    /// When the assertion fails.
    pub fn refused<S: Step>(&mut self, said: &str) {
        let before = self.writes();
        let error: Error = self.call::<S>().expect_err(said);
        assert_eq!(error.name(), ErrorName::Guard, "{error}");
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(self.writes(), before, "something was changed");
    }

    /// Asserts that the step has the present state kept as evidence, and changes nothing. Returns that state.
    ///
    /// # Panics
    /// When the assertion fails.
    pub fn keeps<S: Step>(&mut self) -> Value {
        let before = self.writes();
        let output = self.call::<S>().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(output.status, Status::Keep, "{}", output.why);
        assert_eq!(self.writes(), before, "something was changed");
        output.previous.expect("the present state")
    }

    /// Asserts that the step waits with these words, after this many writing calls. Returns the seconds until the
    /// next poll.
    ///
    /// # Panics
    /// When the assertion fails.
    pub fn waits<S: Step>(&mut self, said: &str, writes: usize) -> u64 {
        let before = self.writes();
        let output = self.call::<S>().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(output.status, Status::Waiting, "{}", output.why);
        assert!(output.why.contains(said), "{}", output.why);
        assert_eq!(self.writes() - before, writes, "{}", output.why);
        output.wait_seconds
    }

    /// Asserts that the step is done with these words, and that nothing changes.
    ///
    /// # Panics
    /// When the assertion fails.
    pub fn idle<S: Step>(&mut self, said: &str) {
        let before = self.writes();
        let output = self.call::<S>().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(output.status, Status::Done, "{}", output.why);
        assert!(output.why.contains(said), "{}", output.why);
        assert_eq!(self.writes(), before, "something was changed");
    }
}
