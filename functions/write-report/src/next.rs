//! The sentences about the whole run: where production is, what protects it, what is gone, and what to do next. All of it
//! follows from live state. No advice ends what may serve clients, or what protects it.

use failback_core::fleet::Serving;
use failback_core::id::RecoveryInstanceId;
use failback_core::message::listed;
use failback_core::procedure::Procedure;
use failback_core::report::{Outcome, Protection, ServerReport};
use failback_core::run::Run;
use failback_core::timestamp::Timestamp;

use crate::server::Seen;

const AFTER_A_FAILED_DRILL: &str = "The drill changed neither A1, B1 nor a record. Fix the cause; what is left of the \
                                    drill is listed per server, and starting the drill again removes it.";

const READY: &str = "This run launched nothing. A2 goes on replicating, and it and its staging area are billed. To go home, \
                     start the failback with the same plan without endWhenReady. Until then, do not stop, terminate or \
                     disconnect any instance or source server of the plan, and have the stack watch A2 (WatchState).";

/// The end of a run.
pub(crate) struct End<'e> {
    pub(crate) run: &'e Run,
    pub(crate) outcome: Outcome,
    pub(crate) seen: &'e [Seen],
    /// The time from which no client uses what the records held before the redirect.
    pub(crate) followed: Option<Timestamp>,
    pub(crate) now: Timestamp,
}

impl End<'_> {
    /// Returns the sentences.
    pub(crate) fn next(&self) -> String {
        if (self.run.procedure, self.outcome) == (Procedure::Drill, Outcome::Succeeded) {
            return "Nothing is left to do.".to_owned();
        }
        let mut sentences = self.production();
        sentences.extend(self.frozen());
        sentences.extend(self.protection());
        if self.run.procedure == Procedure::Failback {
            sentences.extend(self.deleted());
        }
        sentences.extend(self.existing());
        sentences.extend(self.another_b1());
        sentences.extend(self.problem());
        sentences.push(match self.run.procedure {
            Procedure::Drill => AFTER_A_FAILED_DRILL.to_owned(),
            Procedure::Failback => self.after_a_failback(),
        });
        sentences.join(" ")
    }

    fn those(&self, is_so: impl Fn(&ServerReport) -> bool) -> Vec<&Seen> {
        self.seen.iter().filter(|seen| is_so(&seen.report)).collect()
    }

    fn served_by(&self, serves: Serving) -> Vec<&Seen> {
        self.those(|server| server.serves == serves)
    }

    /// Says where production is.
    fn production(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        for (serves, place) in [
            (Serving::A4, "A4, in the source Region"),
            (Serving::B3, "B3, in the recovery Region"),
            (Serving::A1, "A1, in the source Region"),
        ] {
            let served = self.served_by(serves);
            if served.len() == self.seen.len() && !served.is_empty() {
                sentences.push(format!("Production runs in {place}."));
            } else if !served.is_empty() {
                sentences.push(format!("Clients of {} use {place}.", names(&served)));
            }
        }
        let unknown = self.served_by(Serving::Unknown);
        if !unknown.is_empty() {
            sentences
                .push(format!("The plan's records do not show what clients of {} use.", names(&unknown)));
        }
        if let Some(by) = self.followed.filter(|by| *by > self.now) {
            sentences.push(format!("Until {by}, clients may still use B3: the TTL of the records before."));
        }
        sentences
    }

    /// Says that writes to a B3 that serves are stopped.
    fn frozen(&self) -> Option<String> {
        let frozen = self.run.frozen?;
        // What another run has claimed, it may have had stopped too.
        let b3: Vec<&Seen> = self.served_by(Serving::B3).into_iter().filter(|seen| seen.is_own).collect();
        (!b3.is_empty()).then(|| {
            format!(
                "Writes to B3 of {} have been stopped since {}: let them go on. The next start asks to stop them again.",
                names(&b3),
                frozen.at
            )
        })
    }

    /// Says what protects the instances that serve, and how old the copies of their data are.
    fn protection(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        for (serves, label, by) in
            [(Serving::A4, "A4", "B1"), (Serving::B3, "B3", "A2"), (Serving::A1, "A1", "B1")]
        {
            let guarded = self.seen.iter().filter(|seen| seen.guarded == serves);
            let (safe, others): (Vec<&Seen>, Vec<&Seen>) = guarded
                .filter(|seen| seen.protection != Protection::Unknown)
                .partition(|seen| seen.protection == Protection::Healthy);
            if !safe.is_empty() {
                sentences.push(format!("{by} protects {label} of {}; {}.", names(&safe), copies(&safe)));
            }
            if !others.is_empty() {
                sentences.push(format!(
                    "{by} does not protect {label} of {}; {}.",
                    names(&others),
                    copies(&others)
                ));
            }
        }
        sentences
    }

    /// Says what is gone, of what the failback may delete.
    fn deleted(&self) -> Vec<String> {
        let lacks = |server: &ServerReport, label| !server.left.split(' ').any(|left| left == label);
        let b3 = self.those(|server| server.b2.is_some() && lacks(server, "B3"));
        let a1 = self.those(|server| {
            let a4 = server.a3.as_ref().map(RecoveryInstanceId::instance);
            server.b2.is_some() && server.a1.is_some() && server.a1 != a4 && lacks(server, "A1")
        });
        let points: Vec<&Seen> = self.seen.iter().filter(|seen| seen.points_deleted).collect();
        let mut sentences = Vec::new();
        for (label, servers) in [("B3", &b3), ("A1", &a1)] {
            if !servers.is_empty() {
                sentences.push(format!("{label} of {} no longer exists.", names(servers)));
            }
        }
        if !points.is_empty() {
            sentences.push(format!("B1 of {} is stopped: its points in time are deleted.", names(&points)));
        }
        if b3.is_empty() && self.outcome != Outcome::Succeeded {
            sentences.push("Every B3 still exists.".to_owned());
        }
        sentences
    }

    /// Says what to do by hand with a B3 that existed before B1 was launched into it.
    fn existing(&self) -> Option<String> {
        let left: Vec<&Seen> = self.seen.iter().filter(|seen| seen.b2_left).collect();
        (!left.is_empty()).then(|| {
            format!(
                "B3 of {} existed before B1 was launched into it, and is left with its B2. Delete B2 in the DRS console \
                 without terminating it, and stop B3: the next recovery launches into it again.",
                names(&left)
            )
        })
    }

    /// Says what to do with a source server that DRS has made instead of re-pointing B1.
    fn another_b1(&self) -> Option<String> {
        let others: Vec<&Seen> = self.seen.iter().filter(|seen| seen.earlier_b1.is_some()).collect();
        let first = others.first()?;
        let (earlier, now) = (first.earlier_b1.as_ref()?, &first.report.b1);
        let and_more = if others.len() > 1 { ", and the others as the report lists them," } else { "" };
        Some(format!(
            "DRS has made another source server of {} instead of re-pointing B1: {now}{and_more} protects A4, and not \
             {earlier}, which still names A1. Before the next recovery, drill or failback, give it the tags of that B1 or \
             its id's place in the plan, and recover nothing from the earlier one: its data is that of A1.",
            names(&others)
        ))
    }

    fn problem(&self) -> Option<String> {
        let servers = self.those(|server| server.problem.is_some());
        let problem = servers.first()?.report.problem.as_ref()?;
        Some(format!("{} cannot be read as a whole: {problem}.", names(&servers)))
    }

    fn after_a_failback(&self) -> String {
        match self.outcome {
            Outcome::Succeeded if self.seen.iter().any(|seen| seen.b2_left || seen.earlier_b1.is_some()) => {
                return "Nothing else is left to do.".to_owned();
            }
            Outcome::Succeeded => return "Nothing is left to do.".to_owned(),
            Outcome::Held | Outcome::Ready if !self.served_by(Serving::A1).is_empty() => {
                return "Leave everything as it is, and find out why clients use A1: a failback brings back what runs in \
                        B3."
                    .to_owned();
            }
            Outcome::Ready => return READY.to_owned(),
            Outcome::Held | Outcome::Failed => {}
        }
        let b3 = if self.served_by(Serving::A4).is_empty() {
            ""
        } else {
            ", and do not send clients back to B3: A4 has writes that B3 lacks"
        };
        let how = if self.outcome == Outcome::Failed { "The clean-up is not complete. " } else { "" };
        format!(
            "{how}Fix the cause and start the failback again with the same plan: it continues from here. Until then, do not \
             stop, terminate or disconnect any instance or source server of the plan{b3}."
        )
    }
}

/// Says how old the newest copies of the servers' data are. One that is not known counts as the oldest.
fn copies(seen: &[&Seen]) -> String {
    let ages: Option<Vec<u64>> = seen.iter().map(|seen| seen.copy_age_seconds).collect();
    match ages.and_then(|ages| ages.into_iter().max()) {
        Some(age @ 0..120) => format!("the newest copy of its data is at most {age} s old"),
        Some(age) => format!("the newest copy of its data is at most {} min old", age.div_ceil(60)),
        None => "it is not known how old the newest copy of its data is".to_owned(),
    }
}

fn names(seen: &[&Seen]) -> String {
    listed(seen.iter().map(|seen| seen.report.name.as_str()))
}
