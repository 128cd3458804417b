//! One call of a step, as the state machine makes it.

use std::future::Future;
use std::pin::Pin;

use failback_core::cloud::Cloud;
use failback_core::step::Progress;
use failback_core::timestamp::Timestamp;
use failback_core::{Error, ErrorName, Result};
use futures_util::FutureExt as _;
use serde_json::{Value, json};

use crate::{Fixture, Tampered};

/// What a step answers.
#[derive(Debug)]
pub struct Answer {
    /// `done`, `waiting` or `relaunch`.
    pub status: String,
    /// Why.
    pub why: String,
    /// Seconds until the next look.
    pub wait_seconds: u64,
    /// How far replication has come, where the step tells.
    pub progress: Option<Progress>,
}

/// A step's answer that is still being made.
pub type Pending<'a> = Pin<Box<dyn Future<Output = Result<Value>> + Send + 'a>>;

impl Fixture {
    /// Calls a step with a minute of time.
    ///
    /// # Errors
    /// The step's.
    ///
    /// # Panics
    /// When the step's answer is none.
    pub fn call<S>(&mut self, step: S) -> Result<Answer>
    where
        S: for<'a> Fn(&'a dyn Cloud, Value, Timestamp) -> Pending<'a>,
    {
        self.call_until(self.now().plus_seconds(60), step)
    }

    /// Calls a step that must end by a moment.
    ///
    /// # Errors
    /// The step's.
    ///
    /// # Panics
    /// When the step's answer is none.
    pub fn call_until<S>(&mut self, deadline: Timestamp, step: S) -> Result<Answer>
    where
        S: for<'a> Fn(&'a dyn Cloud, Value, Timestamp) -> Pending<'a>,
    {
        let mut payload = json!({ "run": self.run, "fleet": self.fleet, "wait": self.wait });
        if let Some(wave) = self.wave {
            payload["wave"] = json!(wave);
        }
        let answer = self.answer(payload, deadline, step)?;
        self.fleet = serde_json::from_value(answer["fleet"].clone()).expect("a ledger");
        self.wait = answer["wait"].clone();
        let text = |field: &str| answer[field].as_str().unwrap_or_default().to_owned();
        Ok(Answer {
            status: text("status"),
            why: text("why"),
            wait_seconds: answer["waitSeconds"].as_u64().unwrap_or_default(),
            progress: serde_json::from_value(answer["progress"].clone()).expect("progress, or none"),
        })
    }

    /// Calls a step with a payload of its own.
    ///
    /// # Errors
    /// The step's.
    ///
    /// # Panics
    /// Never: the simulator answers at once.
    pub fn answer<S>(&self, payload: Value, deadline: Timestamp, step: S) -> Result<Value>
    where
        S: for<'a> Fn(&'a dyn Cloud, Value, Timestamp) -> Pending<'a>,
    {
        let tampered = Tampered { world: &self.simulation, tamper: &self.tamper };
        step(&tampered, payload, deadline).now_or_never().expect("the simulator answers at once")
    }

    /// Calls a step again and again, as long as it says to wait, until it is done. Answers what it said on the way.
    ///
    /// # Panics
    /// When it fails, or is not done after 500 looks.
    pub fn done<S>(&mut self, step: S) -> Vec<String>
    where
        S: for<'a> Fn(&'a dyn Cloud, Value, Timestamp) -> Pending<'a>,
    {
        let mut said = Vec::new();
        for _ in 0..500 {
            let answer = self.call(&step).unwrap_or_else(|error| panic!("{error} after {said:#?}"));
            said.push(answer.why);
            if answer.status == "done" {
                return said;
            }
            assert!(answer.wait_seconds > 0, "{said:#?}");
            self.pass(i64::try_from(answer.wait_seconds).unwrap_or(i64::MAX));
        }
        panic!("never done: {said:#?}");
    }

    /// The step refuses under the guard's name, with these words, and changes nothing.
    ///
    /// # Panics
    /// When it does not.
    pub fn refused<S>(&mut self, step: S, said: &str)
    where
        S: for<'a> Fn(&'a dyn Cloud, Value, Timestamp) -> Pending<'a>,
    {
        let before = self.writes();
        let error: Error = self.call(step).expect_err(said);
        assert_eq!(error.name(), ErrorName::Guard, "{error}");
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(self.writes(), before, "something was changed");
    }

    /// The step waits with these words, and has made this many writing calls.
    ///
    /// # Panics
    /// When it does not.
    pub fn waits<S>(&mut self, step: S, said: &str, writes: usize) -> u64
    where
        S: for<'a> Fn(&'a dyn Cloud, Value, Timestamp) -> Pending<'a>,
    {
        let before = self.writes();
        let answer = self.call(step).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(answer.status, "waiting", "{}", answer.why);
        assert!(answer.why.contains(said), "{}", answer.why);
        assert_eq!(self.writes() - before, writes, "{}", answer.why);
        answer.wait_seconds
    }

    /// The step is done with these words, and has changed nothing.
    ///
    /// # Panics
    /// When it does not.
    pub fn idle<S>(&mut self, step: S, said: &str)
    where
        S: for<'a> Fn(&'a dyn Cloud, Value, Timestamp) -> Pending<'a>,
    {
        let before = self.writes();
        let answer = self.call(step).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(answer.status, "done", "{}", answer.why);
        assert!(answer.why.contains(said), "{}", answer.why);
        assert_eq!(self.writes(), before, "something was changed");
    }
}
